package sim

import "fmt"

const (
	tagsInAll = 2
	pages     = 2 // keys of entries; the prefix of a purge is a key
	logLength = 2 // how many purges the log has
)

// count counts the invalidations of a namespace. maker is random, and 0 if there is no count.
// The log of purges is kept with it.
type count struct {
	maker, number uint16
	dropped       uint16 // the number of the newest purge that the log has no room for
	log           [logLength]purge
}

// purge is one line of the log.
type purge struct {
	number uint16
	prefix uint8
}

// record is what is kept of a tag: a random version, and another for soft invalidations. It
// has no version if it is lost. at is the count when it was set.
type record struct {
	hard, soft uint16
	at         stamp
}

// stamp is a count without its log.
type stamp struct{ maker, number uint16 }

func (c count) stamp() stamp { return stamp{c.maker, c.number} }

// tagEntry is an entry with the versions that its tags had before it was loaded, and the count
// of the look-up that led to the load.
type tagEntry struct {
	id       uint16
	tags     callSet
	beyond   callSet // its tags that are not kept, since it has too many
	versions [tagsInAll]record
	at       stamp
	asOf     uint16 // known to the checkers alone: the version of the database
}

// tagStore is the part of a store that the tag protocol uses.
type tagStore struct {
	count   count
	log     count // the log of purges where it has a key of its own; it has no number
	records [tagsInAll]record
	entries [pages]tagEntry
}

// bump counts an invalidation. If there is no count, there is none to move: that of the next
// reader is another.
func (s *tagStore) bump() {
	if s.count.maker != 0 {
		s.count.number++
	}
}

// set changes the record of a tag. If there is none, no entry is valid by it: that of the next
// reader is another.
func (s *tagStore) set(tag uint8, r record) {
	if s.records[tag].hard != 0 {
		s.records[tag] = r
	}
}

// logPurge counts a purge and adds it to the log, which is one value with the count.
func (s *tagStore) logPurge(prefix uint8) {
	if s.count.maker == 0 {
		return
	}
	s.bump()
	s.count.add(purge{s.count.number, prefix})
}

// add adds a line to a log. The oldest makes room.
func (c *count) add(line purge) {
	c.dropped = max(c.dropped, c.log[0].number)
	copy(c.log[:], c.log[1:])
	c.log[logLength-1] = line
}

func (c count) String() string {
	if c.maker == 0 {
		return "no count"
	}
	return fmt.Sprintf("count %d by %d", c.number, c.maker)
}

func (r record) String() string {
	if r.hard == 0 {
		return "no record"
	}
	return fmt.Sprintf("version %d/%d set at count %d by %d", r.hard, r.soft, r.at.number, r.at.maker)
}

func (e tagEntry) String() string {
	if e.id == 0 {
		return "nothing"
	}
	return fmt.Sprintf("entry %d of database version %d", e.id, e.asOf)
}
