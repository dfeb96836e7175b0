package pocketbase_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations"
	"github.com/pocketbase/pocketbase/tools/filesystem"
	"github.com/pocketbase/pocketbase/tools/types"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/neighbours/apps"
	"github.com/larder-go/larder/middleware"
)

const password = "long enough"

// start starts PocketBase, and the same PocketBase inside of a cache.
func start(t *testing.T, cached func(http.Handler) http.Handler) apps.Site {
	t.Helper()
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: t.TempDir()})
	must(t, app.Bootstrap())
	t.Cleanup(func() { must(t, app.ResetBootstrapState()) })
	must(t, app.RunAllMigrations())
	fill(t, app)
	router, err := apis.NewRouter(app)
	must(t, err)
	handler, err := router.BuildMux()
	must(t, err)
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	must(t, err)
	t.Cleanup(func() { must(t, caches.Shutdown(context.WithoutCancel(t.Context()))) })
	return apps.Site{
		Direct: serve(t, handler),
		Cached: serve(t, middleware.Lifecycle(middleware.WithCaches(caches))(cached(handler))),
	}
}

// fill makes two users, a collection that everyone may read and write, and one of
// which each user sees the own records.
func fill(t *testing.T, app core.App) {
	t.Helper()
	posts := core.NewBaseCollection("posts")
	posts.Fields.Add(&core.TextField{Name: "title"}, &core.FileField{Name: "document", MaxSize: 1 << 20})
	posts.ListRule, posts.ViewRule, posts.CreateRule = types.Pointer(""), types.Pointer(""), types.Pointer("")
	must(t, app.Save(posts))

	users, err := app.FindCollectionByNameOrId("users")
	must(t, err)
	notes := core.NewBaseCollection("notes")
	notes.Fields.Add(&core.TextField{Name: "title"}, &core.RelationField{Name: "owner", CollectionId: users.Id, MaxSelect: 1})
	own := "owner = @request.auth.id"
	notes.ListRule, notes.ViewRule = &own, &own
	must(t, app.Save(notes))

	for _, name := range []string{"ada", "bob"} {
		user := core.NewRecord(users)
		user.SetEmail(name + "@app.test")
		user.SetPassword(password)
		must(t, app.Save(user))
		note := core.NewRecord(notes)
		note.Set("title", "secret of "+name)
		note.Set("owner", user.Id)
		must(t, app.Save(note))
	}
	post := core.NewRecord(posts)
	post.Set("title", "first")
	document, err := filesystem.NewFileFromBytes([]byte("the text of a document, which is long enough for a range"), "document.txt")
	must(t, err)
	post.Set("document", document)
	must(t, app.Save(post))
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
