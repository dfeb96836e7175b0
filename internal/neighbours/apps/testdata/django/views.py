"""The pages of the site: a lifetime, none, a user's, a form, a large one."""
from django.contrib import admin
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control, never_cache

comments = []


def without_content(get_response):
    """Leaves the content out of answers to HEAD (RFC 9110, 9.3.2). Production servers do; runserver does not."""

    def middleware(request):
        response = get_response(request)
        if request.method == "HEAD":
            if response.streaming:
                response.streaming_content = [b""]
            else:
                response["Content-Length"] = str(len(response.content))
                response.content = b""
        return response

    return middleware


def paragraphs(title):
    """A page over the 200 bytes from which GZipMiddleware compresses."""
    return f"<h1>{title}</h1>" + "".join(f"<p>{title}, paragraph {i}.</p>" for i in range(200))


@cache_control(public=True, max_age=2)
def news(request, number):
    return HttpResponse(paragraphs(f"News {number}"))


def plain(request):
    return HttpResponse(paragraphs("Plain"))


@cache_control(max_age=2)
def greeting(request):
    return HttpResponse(paragraphs(gettext("Welcome") + ": " + gettext("Yes")))


@cache_control(max_age=60)
def me(request):
    return HttpResponse(paragraphs("User " + (request.user.username or "nobody")))


@cache_control(private=True, max_age=60)
def private(request):
    return HttpResponse(paragraphs("Private of " + (request.user.username or "nobody")))


@never_cache
def now(request):
    return HttpResponse(paragraphs("Now"))


@cache_control(public=True, max_age=2)
def stream(request):
    return StreamingHttpResponse((f"line {i}\n" for i in range(2000)), content_type="text/plain")


def comment(request):
    if request.method == "POST":
        comments.append(request.POST["text"])
        return HttpResponseRedirect("/comments/")
    token = get_token(request)
    items = "".join(f"<li>{text}</li>" for text in comments)
    return HttpResponse(
        f'<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{token}"></form><ul>{items}</ul>' + "." * 300
    )


urlpatterns = [
    path("news/<int:number>/", news),
    path("plain/", plain),
    path("greeting/", greeting),
    path("me/", me),
    path("private/", private),
    path("now/", now),
    path("stream/", stream),
    path("comments/", comment),
    path("admin/", admin.site.urls),
]
