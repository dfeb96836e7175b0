package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"testing"
)

// everyNameIs makes every host name stand for an IPv4 address until the test ends.
func everyNameIs(t *testing.T, ip [4]byte) {
	t.Helper()
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerNames(server, ip)
		return client, nil
	}}
}

// answerNames is a name server of one connection (RFC 1035, section 4).
func answerNames(conn net.Conn, ip [4]byte) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		end := 12
		for query[end] != 0 {
			end += int(query[end]) + 1
		}
		end += 5 // the root, the type and the class
		reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
		if query[end-3] == 1 { // the type is A
			reply[7] = 1
			reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ip[0], ip[1], ip[2], ip[3])
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// A secret goes to no other machine without --remote, whatever a local name stands for. A
// request without one may.
func TestASecretStaysOnThisMachineWhateverItsNameStandsFor(t *testing.T) {
	everyNameIs(t, [4]byte{}) // it is not one of loopback, and a server on this machine answers there
	u, err := url.Parse(website(t) + "/page")
	if err != nil {
		t.Fatal(err)
	}
	page := "http://shop.localhost:" + u.Port() + u.Path
	const refused = "is not on this machine"
	larder(t, "explain", page, "--secret", "let-me-see").says(t, exitFailed, refused)
	larder(t, "audit", page, "--secret", "let-me-see").says(t, exitFailed, refused)
	larder(t, "audit", page).says(t, exitFailed, refused)
	larder(t, "explain", page).says(t, exitDone, "forwarded")
	larder(t, "explain", page, "--secret", "let-me-see", "--remote").says(t, exitDone, "GET /page of shop.localhost")
	larder(t, "audit", page, "--remote").says(t, exitNotJudged, "it takes the server's secret")
	larder(t, "audit", page, "--secret", "let-me-see", "--remote").says(t, exitNotJudged, "give --as")
}
