package neighbours

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	ginstatic "github.com/gin-contrib/static"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5mw "github.com/labstack/echo/v5/middleware"
)

// staticRows serve the file, and leave other paths to the page.
var staticRows = []neighbour{
	{
		name: "file-server", http: fileServer,
		inside:  expectation{fate: shared, runs: noFile},
		outside: expectation{fate: shared, runs: noFile},
	},
	{
		name: "gin-static",
		gin: func(t *testing.T) middlewares {
			return middlewares{gin: ginstatic.Serve(prefix, ginstatic.LocalFile(directory(t, "file.txt"), false))}
		},
		inside:  expectation{fate: shared, runs: noFile},
		outside: expectation{fate: shared, runs: noFile},
	},
	{
		name: "echo4-static",
		echo4: func(t *testing.T) middlewares {
			return middlewares{echo4: echo4mw.Static(directory(t, "shop/file.txt"))}
		},
		inside:  expectation{fate: shared, runs: noFile},
		outside: expectation{fate: shared, runs: noFile},
	},
	{
		name: "echo5-static",
		echo5: func(t *testing.T) middlewares {
			return middlewares{echo5: echo5mw.StaticWithConfig(echo5mw.StaticConfig{Filesystem: fstest.MapFS{"shop/file.txt": files["file.txt"]}})}
		},
		inside:  expectation{fate: shared, runs: noFile},
		outside: expectation{fate: shared, runs: noFile},
	},
}

// The handler does not run for the file.
var noFile = map[string]int32{"file": 0}

// fileTime is when the file was changed.
var fileTime = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)

var files = fstest.MapFS{"file.txt": {Data: []byte(filler), ModTime: fileTime}}

// directory is a folder with a file of that name in it.
func directory(t *testing.T, name string) string {
	dir := t.TempDir()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(filler), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, fileTime, fileTime); err != nil {
		t.Fatal(err)
	}
	return dir
}

func fileServer(*testing.T) wrapper {
	return func(next http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(prefix+"/file.txt", http.StripPrefix(prefix, http.FileServer(http.FS(files))))
		mux.Handle("/", next)
		return mux
	}
}
