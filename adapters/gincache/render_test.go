package gincache_test

import (
	"errors"
	"html/template"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"
	"github.com/gin-gonic/gin/testdata/protoexample"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/internal/adaptertest"
)

// newRouter returns a gin with a Lifecycle in memory.
func newRouter(t testing.TB) *gin.Engine {
	r := gin.New()
	r.Use(gincache.Lifecycle(adaptertest.Lifecycle(t, nil)...))
	return r
}

// Whatever method of the Context a handler renders with, the response is stored.
func TestWhateverAHandlerRendersIsRecorded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.bin")
	if err := os.WriteFile(file, []byte(strings.Repeat("\x00\xff", 3000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]gin.HandlerFunc{
		"JSON":         func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"a": 1}) },
		"String":       func(c *gin.Context) { c.String(http.StatusOK, "%s", "text") },
		"HTML":         func(c *gin.Context) { c.HTML(http.StatusOK, "page", "<you>") },
		"Data":         func(c *gin.Context) { c.Data(http.StatusOK, "image/png", []byte("\x89PNG")) },
		"IndentedJSON": func(c *gin.Context) { c.IndentedJSON(http.StatusOK, gin.H{"a": 1}) },
		"SecureJSON":   func(c *gin.Context) { c.SecureJSON(http.StatusOK, []int{1, 2}) },
		"JSONP":        func(c *gin.Context) { c.JSONP(http.StatusOK, gin.H{"a": 1}) },
		"AsciiJSON":    func(c *gin.Context) { c.AsciiJSON(http.StatusOK, gin.H{"a": "ü"}) },
		"PureJSON":     func(c *gin.Context) { c.PureJSON(http.StatusOK, gin.H{"a": "<b>"}) },
		"YAML":         func(c *gin.Context) { c.YAML(http.StatusOK, gin.H{"a": 1}) },
		"TOML":         func(c *gin.Context) { c.TOML(http.StatusOK, gin.H{"a": 1}) },
		"ProtoBuf": func(c *gin.Context) {
			label := "label"
			c.ProtoBuf(http.StatusOK, &protoexample.Test{Label: &label, Reps: []int64{1, 2}})
		},
		"Render":      func(c *gin.Context) { c.Render(http.StatusOK, render.Data{ContentType: "a/b", Data: []byte("data")}) },
		"FileFromFS":  func(c *gin.Context) { c.FileFromFS("file.bin", http.Dir(filepath.Dir(file))) },
		"XML":         func(c *gin.Context) { c.XML(http.StatusOK, []int{1, 2}) },
		"File":        func(c *gin.Context) { c.File(file) },
		"Attachment":  func(c *gin.Context) { c.FileAttachment(file, "a.bin") },
		"WriteString": func(c *gin.Context) { _, _ = c.Writer.WriteString("text") },
		"Reader": func(c *gin.Context) {
			c.DataFromReader(http.StatusOK, 4, "text/plain", strings.NewReader("text"), map[string]string{"X-More": "1"})
		},
		"Stream": func(c *gin.Context) {
			n := 0
			c.Stream(func(w io.Writer) bool {
				n++
				_, _ = io.WriteString(w, "part")
				return n < 3
			})
		},
		"Nothing":  func(*gin.Context) {},
		"Redirect": func(c *gin.Context) { c.Header("Cache-Control", "max-age=60"); c.Redirect(http.StatusFound, "/there") },
		"Status":   func(c *gin.Context) { c.Header("Cache-Control", "max-age=60"); c.Status(http.StatusNoContent) },
		"Abort": func(c *gin.Context) {
			c.Header("Cache-Control", "max-age=60")
			c.AbortWithStatusJSON(http.StatusGone, gin.H{"gone": true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRouter(t)
			r.SetHTMLTemplate(template.Must(template.New("page").Parse("<b>{{.}}</b>")))
			runs := 0
			handler := func(c *gin.Context) { runs++; send(c) }
			r.GET("/plain", handler)
			r.GET("/cached", gincache.CachePage(ttl), handler)
			v := adaptertest.NewVisitor(t, r)
			plain, first, second := v.Get("/plain"), v.Get("/cached"), v.Get("/cached")
			for _, got := range []adaptertest.Answer{first, second} {
				got.Want(t, plain.Status, plain.Body)
				for _, name := range []string{"Content-Type", "Content-Disposition", "Location", "X-More"} {
					if got.Header.Get(name) != plain.Header.Get(name) && plain.Header.Get(name) != "" {
						t.Errorf("%s is %q, want %q", name, got.Header.Get(name), plain.Header.Get(name))
					}
				}
			}
			if runs != 2 || !second.IsHit() {
				t.Errorf("%d runs, want 2; %s", runs, second.CacheStatus())
			}
		})
	}
}

// The writer reports status and size as gin's own does.
func TestWhatTheWriterSaysIsAsInGin(t *testing.T) {
	type said struct {
		Status, Size int
		Written      bool
	}
	says := func(c *gin.Context) said { return said{c.Writer.Status(), c.Writer.Size(), c.Writer.Written()} }
	record := func(seen *[]said) gin.HandlerFunc {
		return func(c *gin.Context) {
			*seen = append(*seen, says(c))
			c.Status(http.StatusAccepted)
			*seen = append(*seen, says(c))
			c.Writer.WriteHeaderNow()
			*seen = append(*seen, says(c))
			c.Status(http.StatusTeapot) // too late
			_, _ = c.Writer.WriteString("abc")
			*seen = append(*seen, says(c))
		}
	}
	var plain, cached []said
	r := newRouter(t)
	var outside []said
	r.Use(func(c *gin.Context) { c.Next(); outside = append(outside, says(c)) })
	r.GET("/plain", record(&plain))
	r.GET("/cached", gincache.CachePage(ttl), record(&cached))
	v := adaptertest.NewVisitor(t, r)
	v.Get("/plain").Want(t, http.StatusAccepted, "abc")
	v.Get("/cached").Want(t, http.StatusAccepted, "abc")
	if len(plain) != 4 || len(cached) != 4 || [4]said(plain) != [4]said(cached) {
		t.Errorf("in gin %v, behind a cache %v", plain, cached)
	}
	if len(outside) != 2 || outside[0] != outside[1] {
		t.Errorf("outside %v", outside)
	}
}

// Outer middleware sees the Context as it was.
func TestTheContextIsAsItWasForWhatIsOutside(t *testing.T) {
	r := newRouter(t)
	var aborted []bool
	r.Use(func(c *gin.Context) {
		writer, request := c.Writer, c.Request
		c.Next()
		if c.Writer != writer || c.Request != request {
			t.Error("the writer or the request is another")
		}
		aborted = append(aborted, c.IsAborted())
	})
	after := 0
	r.GET("/", gincache.CachePage(ttl), func(c *gin.Context) { c.Set("seen", true); c.String(http.StatusOK, "page") },
		func(*gin.Context) { after++ })
	v := adaptertest.NewVisitor(t, r)
	v.Get("/").WantMiss(t, "page")
	v.Get("/").WantHit(t, "page")
	if len(aborted) != 2 || aborted[0] || !aborted[1] {
		t.Errorf("aborted: %v, want false for the miss and true for the hit", aborted)
	}
	if after != 1 {
		t.Errorf("the last handler has run %d times, want once", after)
	}
}

// A route that does not exist is answered as by gin.
func TestARouteThatIsNotThereIsAnsweredAsByGin(t *testing.T) {
	r := newRouter(t)
	r.HandleMethodNotAllowed = true
	r.Use(gincache.Site())
	r.POST("/post", func(*gin.Context) {})
	v := adaptertest.NewVisitor(t, r)
	for range 2 {
		v.Get("/nowhere").Want(t, http.StatusNotFound, "404 page not found")
		v.Get("/post").Want(t, http.StatusMethodNotAllowed, "405 method not allowed")
	}
	r.NoRoute(func(c *gin.Context) { c.String(http.StatusOK, "index") })
	v.Get("/index").WantMiss(t, "index")
	v.Get("/index").WantHit(t, "index")
}

// A copy of the Context may outlive the handler.
func TestACopyOfTheContextOutlivesTheHandler(t *testing.T) {
	r := newRouter(t)
	paths := make(chan string, 2)
	r.GET("/p/:id", gincache.CachePage(ttl), func(c *gin.Context) {
		c.Set("user", "alice")
		copied := c.Copy()
		go func() { paths <- copied.Param("id") + copied.GetString("user") + copied.Request.URL.Path }()
		c.String(http.StatusOK, "page")
	})
	v := adaptertest.NewVisitor(t, r)
	v.Get("/p/1").WantMiss(t, "page")
	if got := adaptertest.Receive(t, "the copy was used", paths); got != "1alice/p/1" {
		t.Errorf("the copy says %q", got)
	}
}

// A response that could not be rendered is not stored.
func TestWhatCouldNotBeRenderedIsNotStored(t *testing.T) {
	r := newRouter(t)
	r.GET("/", gincache.CachePage(ttl), func(c *gin.Context) {
		c.String(http.StatusOK, "half a page")
		_ = c.Error(errors.New("the rest is lost"))
	})
	v := adaptertest.NewVisitor(t, r)
	v.Get("/").WantMiss(t, "half a page")
	v.Get("/").WantMiss(t, "half a page")
}
