package neighbours

import (
	"net/http"
	"testing/synctest"
	"time"
)

// situation is a column of the table: what two users do, one page that they
// visit, and how often its handler may run for that.
type situation struct {
	name string
	page func(*stage, visit)
	play func(*stage)
	runs runs

	// races says that two things happen at the same moment, and either order is
	// right: the answers are compared, the runs are not counted.
	races bool

	// broken says that the handler breaks the rules of net/http. What becomes of a
	// header that was written twice is left to each middleware, and not compared.
	broken bool

	// without are the frameworks in which the situation is left out.
	without []string
}

// runs is how often the handler runs, by what becomes of the page.
type runs struct {
	shared     int32 // one page for everybody
	perUser    int32 // one for each user, or each value of a field that they differ in
	perSession int32 // one for each cookie, once the visitor has that
	never      int32 // not stored
}

var (
	// ofNetHTTP are the frameworks in whose writer a second status of a net/http handler is
	// lost: that of echo v4 is a struct, so nothing can be put around it.
	ofNetHTTP = []string{"echo4"}
)

var situations = []situation{
	{name: "cold", page: plainPage, runs: runs{1, 1, 1, 1}, play: func(s *stage) { s.ada.get("/cold") }},
	{name: "hit", page: plainPage, runs: runs{1, 2, 4, 5}, play: func(s *stage) { inTurn(s, "/hit") }},
	{name: "long", page: longPage, runs: runs{1, 2, 4, 5}, play: func(s *stage) { inTurn(s, "/long") }},
	{name: "refreshed", page: typedPage, runs: runs{2, 3, 3, 4}, play: refreshed},
	{name: "validated", page: taggedPage, runs: runs{2, 3, 3, 4}, play: validated},
	{name: "coalesced", page: gatedPage, runs: runs{1, 2, 6, 6}, play: coalesced},
	{name: "streamed", page: streamedPage, runs: runs{1, 2, 4, 4}, play: streamed},
	{name: "events", page: eventStream, runs: runs{2, 2, 2, 2}, play: events},
	{name: "left", page: gatedPage, runs: runs{1, 2, 3, 3}, play: left},
	{name: "left-streaming", page: streamedPage, runs: runs{1, 3, 3, 3}, play: left},
	{name: "aborted", page: gatedPage, races: true, play: aborted},
	{name: "abandoned", page: abandonedPage, runs: runs{2, 3, 4, 4}, play: abandoned},
	{name: "slow", page: slowPage, runs: runs{1, 2, 4, 4}, play: func(s *stage) { inPairs(s, "/slow") }},
	{name: "broken", without: ofNetHTTP, page: brokenPage, broken: true, runs: runs{4, 4, 4, 4}, play: func(s *stage) { inPairs(s, "/broken") }},
	{name: "panic", page: panickingPage, runs: runs{2, 3, 4, 4}, play: func(s *stage) { inPairs(s, "/panic") }},
	{name: "missing", page: missingPage, runs: runs{4, 4, 4, 4}, play: func(s *stage) { inPairs(s, "/missing") }},
	{name: "methods", page: typedPage, runs: runs{4, 4, 5, 6}, play: methods},
	{name: "file", page: filePage, runs: runs{1, 2, 1, 5}, play: file},
	{name: "gorilla-websocket", page: gorillaSocket, runs: runs{2, 2, 2, 2}, play: sockets},
	{name: "coder-websocket", page: coderSocket, runs: runs{2, 2, 2, 2}, play: sockets},
}

// inTurn has both users ask for a page, again and again.
func inTurn(s *stage, path string) {
	for _, v := range []*visitor{s.ada, s.ada, s.bob, s.bob, s.ada} {
		v.get(path)
	}
}

// inPairs has both users ask for a page twice.
func inPairs(s *stage, path string) {
	for _, v := range []*visitor{s.ada, s.ada, s.bob, s.bob} {
		v.get(path)
	}
}

// refreshed has a page become stale: the next request gets it at once, and it is
// refreshed in the background.
func refreshed(s *stage) {
	s.ada.get("/refreshed")
	time.Sleep(lifetime + time.Second)
	s.ada.get("/refreshed")
	synctest.Wait()
	s.bob.get("/refreshed")
	s.ada.get("/refreshed")
}

// validated has a page become stale that has to be validated before it is used.
func validated(s *stage) {
	s.ada.get("/validated")
	time.Sleep(lifetime + time.Second)
	s.ada.get("/validated")
	s.bob.get("/validated")
	s.ada.get("/validated", "If-None-Match", `"v1"`)
}

// coalesced has three browsers of each user ask for a cold page at the same time.
func coalesced(s *stage) {
	var all []*pending
	for range 3 {
		for _, v := range []*visitor{s.ada, s.bob} {
			all = append(all, s.another(v).start(http.MethodGet, "/coalesced"))
			synctest.Wait()
		}
	}
	s.open()
	s.noteAll(all...)
}

// streamed has both users ask for a page whose handler has sent a part of it, and
// then again when it is complete.
func streamed(s *stage) {
	ada := s.ada.start(http.MethodGet, "/streamed")
	synctest.Wait()
	ada.look()
	bob := s.bob.start(http.MethodGet, "/streamed")
	synctest.Wait()
	s.open()
	s.noteAll(ada, bob)
	s.ada.get("/streamed")
	s.bob.get("/streamed")
}

// events has both users listen to the same events.
func events(s *stage) {
	ada, bob := s.ada.start(http.MethodGet, "/events"), s.bob.start(http.MethodGet, "/events")
	synctest.Wait()
	ada.look()
	bob.look()
	s.open()
	s.noteAll(ada, bob)
}

// left has the client leave who was first, while another waits for the same page.
func left(s *stage) {
	ada := s.ada.start(http.MethodGet, "/left")
	synctest.Wait()
	bob := s.bob.start(http.MethodGet, "/left")
	synctest.Wait()
	ada.leave()
	<-ada.done
	synctest.Wait()
	s.open()
	s.noteAll(bob)
	synctest.Wait()
	s.ada.get("/left")
}

// aborted is left with the handler at work at the very moment when the client
// leaves: the race detector looks at who touches what.
func aborted(s *stage) {
	ada := s.ada.start(http.MethodGet, "/aborted")
	bob := s.bob.start(http.MethodGet, "/aborted")
	synctest.Wait()
	ada.leave()
	s.open()
	<-ada.done
	s.noteAll(bob)
	s.another(s.ada).get("/aborted")
}

// abandoned has the only client leave.
func abandoned(s *stage) {
	ada := s.ada.start(http.MethodGet, "/abandoned")
	synctest.Wait()
	ada.leave()
	<-ada.done
	synctest.Wait()
	s.bob.get("/abandoned")
	s.ada.get("/abandoned")
	s.bob.get("/abandoned")
}

// methods asks by all methods that middleware treats in a way of its own. The
// first OPTIONS is a CORS preflight.
func methods(s *stage) {
	s.ada.ask(http.MethodHead, "/methods")
	s.ada.get("/methods")
	s.ada.ask(http.MethodHead, "/methods")
	s.ada.ask(http.MethodOptions, "/methods", "Access-Control-Request-Method", "PUT")
	s.ada.ask(http.MethodPost, "/methods")
	s.ada.get("/methods")
}

// file asks for a file, a part of it, and whether it has changed. Players ask for
// parts without a coding.
func file(s *stage) {
	const path = "/file.txt"
	s.ada.get(path, "Accept-Encoding", "identity")
	s.ada.get(path, "Accept-Encoding", "identity", "Range", "bytes=5-9")
	s.bob.get(path, "Accept-Encoding", "identity")
	s.bob.get(path, "Accept-Encoding", "identity", "Range", "bytes=-7")
	s.ada.get(path, "Accept-Encoding", "identity", "If-Modified-Since", "Fri, 31 Dec 1999 00:00:00 GMT")
}

// sockets has both users speak over a WebSocket.
func sockets(s *stage) {
	s.ada.speak("/socket")
	s.bob.speak("/socket")
}

// another is a second browser of the same user, without the cookies of the first.
func (s *stage) another(v *visitor) *visitor { return newVisitor(s, v.name, v.fields) }
