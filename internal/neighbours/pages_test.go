package neighbours

import (
	"io"
	"net/http"
	"strings"
	"testing/synctest"
	"time"

	coderws "github.com/coder/websocket"
	gorillaws "github.com/gorilla/websocket"
)

// filler makes pages long enough for compressors, which leave short ones alone.
var filler = strings.Repeat("<p>A page that is worth to be compressed.</p>\n", 38) // 1 748 bytes

// text is a short page: it fits into what larder holds back before it streams.
func (s *stage) text(v visit) string {
	return "<!doctype html>\n<p>" + v.r.URL.Path + "</p>\n" + s.neighbour.taken(v) + filler
}

// write sends a part of a response. An error is that of a client that has left.
func write(v visit, text string) { _, _ = io.WriteString(v.w, text) }

// plainPage leaves the Content-Type to others.
func plainPage(s *stage, v visit) {
	write(v, s.text(v))
	s.neighbour.end(v)
}

// typedPage says what it is.
func typedPage(s *stage, v visit) {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	plainPage(s, v)
}

// taggedPage has an ETag of its own, and must be validated when it is stale.
func taggedPage(s *stage, v visit) {
	v.w.Header().Set("Etag", `"v1"`)
	v.w.Header().Set("Cache-Control", "must-revalidate")
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if strings.Contains(v.r.Header.Get("If-None-Match"), `"v1"`) {
		v.w.WriteHeader(http.StatusNotModified)
		return
	}
	plainPage(s, v)
}

// longPage is over the limit for streaming, and is not flushed.
func longPage(s *stage, v visit) {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	write(v, s.text(v))
	for range 5 {
		write(v, filler)
	}
	s.neighbour.end(v)
}

// gatedPage begins when the gate opens.
func gatedPage(s *stage, v visit) {
	<-s.gate
	typedPage(s, v)
}

// flush sends what was written so far, if there is a way to. Where there is none,
// as within http.TimeoutHandler, echo panics.
func flush(v visit) {
	defer func() { _ = recover() }()
	_ = http.NewResponseController(v.w).Flush()
}

// streamedPage flushes a part and continues when the gate opens.
func streamedPage(s *stage, v visit) {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	write(v, s.text(v))
	flush(v)
	<-s.gate
	write(v, filler)
	flush(v)
	write(v, filler)
	s.neighbour.end(v)
}

// eventStream is a stream of server-sent events.
func eventStream(s *stage, v visit) {
	v.w.Header().Set("Content-Type", "text/event-stream")
	write(v, "data: 1\n\n")
	flush(v)
	<-s.gate
	write(v, "data: 2\n\n")
}

// abandonedPage ends without a response when the client of its first run has left.
func abandonedPage(s *stage, v visit) {
	if s.runs.Load() == 1 {
		<-v.r.Context().Done()
		return
	}
	typedPage(s, v)
}

// slowPage takes ten seconds, and stops when its context has ended.
func slowPage(s *stage, v visit) {
	select {
	case <-time.After(10 * time.Second):
		typedPage(s, v)
	case <-v.r.Context().Done():
	}
}

// brokenPage fails half-way and says so by an error status, as handlers do of each
// framework when a template or an encoder fails.
func brokenPage(_ *stage, v visit) {
	write(v, "<!doctype html>\n"+filler)
	problem := map[string]string{"error": "something is wrong"}
	switch {
	case v.gin != nil:
		v.gin.AbortWithStatusJSON(http.StatusInternalServerError, problem)
	case v.echo4 != nil:
		_ = v.echo4.JSON(http.StatusInternalServerError, problem)
	case v.echo5 != nil:
		_ = v.echo5.JSON(http.StatusInternalServerError, problem)
	default:
		http.Error(v.w, "something is wrong", http.StatusInternalServerError)
	}
}

// panickingPage panics in its first run.
func panickingPage(s *stage, v visit) {
	if s.runs.Load() == 1 {
		panic("the first run fails")
	}
	typedPage(s, v)
}

func missingPage(_ *stage, v visit) { http.NotFound(v.w, v.r) }

// filePage serves a file as http.FileServer does.
func filePage(_ *stage, v visit) {
	modified := time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)
	http.ServeContent(v.w, v.r, "file.txt", modified, strings.NewReader(filler))
}

// gorillaSocket sends each message back, by gorilla/websocket.
func gorillaSocket(_ *stage, v visit) {
	upgrader := gorillaws.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	c, err := upgrader.Upgrade(v.w, v.r, nil)
	if err != nil {
		return // the client has an answer
	}
	defer c.Close()
	kind, message, err := c.ReadMessage()
	if err == nil {
		_ = c.WriteMessage(kind, message)
	}
}

// coderSocket sends each message back, by coder/websocket.
func coderSocket(_ *stage, v visit) {
	c, err := coderws.Accept(v.w, v.r, &coderws.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // the client has an answer
	}
	defer c.CloseNow()
	kind, message, err := c.Read(v.r.Context())
	if err == nil {
		_ = c.Write(v.r.Context(), kind, message)
		_ = c.Close(coderws.StatusNormalClosure, "")
	}
}

// speak opens a WebSocket, sends a message, and notes what comes back. The answer
// to a handshake that fails is noted instead.
func (v *visitor) speak(path string) {
	a := answer{who: v.name, request: "WebSocket " + path}
	dialer := gorillaws.Dialer{NetDialContext: v.stage.dial, HandshakeTimeout: maxWait}
	c, response, err := dialer.DialContext(v.stage.t.Context(), "ws://"+host+prefix+path, v.fields.Clone())
	if response != nil {
		a.status = response.StatusCode
	}
	if err == nil {
		defer c.Close()
		_ = c.SetReadDeadline(time.Now().Add(maxWait)) // a pipe has deadlines
		if err = c.WriteMessage(gorillaws.TextMessage, []byte("a message")); err == nil {
			var message []byte
			_, message, err = c.ReadMessage()
			a.body = string(message)
		}
	}
	a.err = err
	v.stage.note(a)
	synctest.Wait()
}

// tokenMark begins the token in a page, and a quotation mark ends it.
const tokenMark = `<input name="token" value="`

// tokenLine is the part of a page that is for one user.
func tokenLine(token string) string { return tokenMark + token + "\">\n" }
