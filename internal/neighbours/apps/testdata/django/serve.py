"""A Django site in one file: python3 serve.py HOST:PORT.

Its middleware is Django's default with GZip and ConditionalGet, in the order that
Django's documentation gives. It has the admin, two users, and a page of each kind.
"""
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

MIDDLEWARE = [
    "views.without_content",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

settings.configure(
    DEBUG=False,
    SECRET_KEY="only for tests, and not secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="views",
    MIDDLEWARE=MIDDLEWARE,
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.abspath("db.sqlite3"), "OPTIONS": {"timeout": 30}}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    STATIC_URL="/static/",
    USE_I18N=True,
    USE_TZ=True,
    LANGUAGE_CODE="en",
)
django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth.models import Group, User

for name in ["ada", "bob"]:
    User.objects.create_superuser(name, name + "@app.test", "secret", first_name=name.title())
for i in range(5):
    User.objects.create_user(f"user{i}", f"user{i}@app.test")
    Group.objects.create(name=f"group {i}")

call_command("runserver", sys.argv[1], use_reloader=False, insecure_serving=True)
