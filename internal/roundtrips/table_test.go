package roundtrips_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/testserver"
)

const golden = "../../docs/round-trips.md"

const introduction = `# Round trips

How often a program waits for a server: for each operation, the number of times that something is sent to a server and its answer awaited.
` + "`go test ./internal/roundtrips -update`" + ` has counted them between the client and real servers and written this page, and the test
fails when one changes. Connections are open, and the servers know the scripts and statements; of three counts the least is written down.

`

const notes = `
"n at once" means that so many are in progress together, on connections of their own, so that the program waits about as long as for the
total divided by n. A dash is where the two keys that are fetched together are on one server or on two, by chance. The clusters have three primaries and three servers; Redis has two replicas, which answer reads.

What may come on top, seldom:

- Redis: a script that the server does not know, since it has restarted, takes one more. A read whose replica fails goes to the primary. A cluster
  redirects operations on slots that move, and is asked for its map again from time to time. Clear takes one for each ` + "`clear_batch`" + ` keys of the
  whole database, and one more where it finds some of its own.
- Memcached: an operation that writes takes one more to each of its servers if the program has not heard of the alias's namespace there for
  ` + "`clear_lag`" + `, a second unless the settings say otherwise; with 0 that is always. The table has the numbers for a busy program. An entry
  that was cleared takes one more to read.
- CachePage: the list of purges is fetched along with the page by the first request that a handler gets, and then once in each second in which
  it gets any. If that is no hit, the page is looked up again, which takes one more.
- PostgreSQL: a connection that was idle for more than a second is tried first, which takes one more, and a statement that is new to a connection
  is prepared first. Clear takes one for each ` + "`cull_batch`" + ` entries, and one that finds no more.

In memory and in files there is nothing to wait for.
`

// table is the counts by row and column.
type table struct {
	columns []string
	rows    []string
	cells   map[[2]string]testserver.Trips // row, column
}

func (tab *table) set(row, column string, trips testserver.Trips) {
	if tab.cells == nil {
		tab.cells = make(map[[2]string]testserver.Trips)
	}
	tab.cells[[2]string{row, column}] = trips
}

// page is the document.
func (tab *table) page() string {
	var b strings.Builder
	b.WriteString(introduction)
	fmt.Fprintf(&b, "| | %s |\n|---|%s\n", strings.Join(tab.columns, " | "), strings.Repeat("---|", len(tab.columns)))
	for _, row := range tab.rows {
		fmt.Fprintf(&b, "| %s |", row)
		for _, column := range tab.columns {
			fmt.Fprintf(&b, " %s |", cell(tab.cells[[2]string{row, column}]))
		}
		b.WriteByte('\n')
	}
	b.WriteString(notes)
	return b.String()
}

func cell(trips testserver.Trips) string {
	if trips.Total == 0 {
		return "–"
	}
	if trips.AtOnce > 1 {
		return fmt.Sprintf("%d, %d at once", trips.Total, trips.AtOnce)
	}
	return fmt.Sprint(trips.Total)
}

// compare compares the page with the one that is checked in, or writes it.
func (tab *table) compare(t *testing.T) {
	t.Helper()
	got := tab.page()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the round trips are not those of docs/round-trips.md (- written there, + counted):\n%s\n"+
			"If that is meant, run go test ./internal/roundtrips -update.", diff)
	}
}
