// Package filestore keeps cache entries in files: a [driver.Store] for the
// programs of one machine, whose entries outlive them. It is safe for many
// goroutines and for several processes on one directory, and bounded by
// entries and by bytes.
//
// A program imports it for its side effect, which registers the backend
// "file", and names a directory in its settings:
//
//	import _ "github.com/larder-go/larder/backends/filestore"
//
//	file:///var/cache/shop?max_entries=50000&max_bytes=4GiB
//
// # Stored data
//
// The directory belongs to the store; give it one of its own. Every level that
// the store creates has mode 0700 and every file 0600. A file called
// larder-layout says how many shards there are. The number is chosen from the
// bounds when the directory is first used and stays, so that all processes
// agree on it. A shard is a directory such as shard-07-of-32 with one file per
// key, named by the SHA-256 of the key, a lock file and a tally of its entries
// and bytes. Files that are not the store's own are never removed, with one
// exception: Set and Delete of a key act on whatever has the key's file name.
//
// # Other users
//
// Whoever can write to the directory decides what the cache returns. So Open
// refuses a directory to which group or others can write, with or without the
// sticky bit, and one that belongs to another user. The error names the
// directory, its mode and the cure. Containers often mount a volume with mode
// 0777: name a directory below it that does not exist yet. The levels above are
// not checked.
//
// The location may be a link, if it belongs to the user of the program or to
// root. Below it the store follows no link (CWE-59), waits for no pipe and
// believes no file of another user. Where an entry should be, such a thing is
// not an entry (see below). Where a tally should be, it is replaced, and so is
// a tally that has a second name. Where a shard, a lock or the layout should
// be, it is an error that names the path. On systems other than Unix only links
// are refused.
//
// # Crashes
//
// An entry is written to a temporary file of its shard, which is then renamed:
// a reader sees the old entry or the new one and never half of either, and a
// process that is killed loses at most the entry that it was writing. Entries
// are not synced to the disk one by one, which would cost more than a cache is
// worth: after a power cut recent entries may be gone, old, empty or torn.
// Checksums tell, and such an entry is a miss.
//
// An entry that is empty, cut short or altered is [driver.ErrCorrupt] for the
// operations that read it, and they remove it, under the lock and after another
// look; only Add leaves it, and Set overwrites it. Operations that need only
// the head of a value (Add, Peek, TTL) read only the head of a large one, and
// do not notice damage behind it. A file that is not an entry, or of a newer
// version of the format, is ErrCorrupt too but stays where it is, except that
// Set overwrites and Delete removes it.
//
// A directory that vanishes while the store is open is an empty cache: a miss
// to those who read, and refreshed by those who write. (If another process did
// so with bounds that ask for another number of shards, a Store learns it from
// its next write.) Every other failure of the file system is returned as it
// is, and a write that failed for want of space removes only its own
// temporary file.
//
// # Locks
//
// Whatever writes holds the lock of its shard, so Add, Incr, Touch, Replace
// and Delete are atomic between processes. Goroutines of one Store queue for
// it in memory; only processes (and Stores) wait for each other by asking for
// the file lock again and again, every half millisecond, until the context
// ends. Get, Peek and TTL take no lock, unless to remove what they found
// damaged.
//
// The locks are those of flock(2) on Linux, macOS, FreeBSD, NetBSD, OpenBSD,
// DragonFly and illumos, and of fcntl(2) on AIX and Solaris: these systems are
// supported, on a local file system. Over NFS the locks are only as good as
// the server's. On Windows the package builds and uses LockFileEx, but file
// modes mean nothing there and a write fails while another process reads the
// same entry. Elsewhere (Plan 9, js, wasip1) there are no locks, and what needs
// one returns [errors.ErrUnsupported].
//
// # Bounds
//
// Each shard has an equal share of MaxEntries and MaxBytes and never holds
// more. A write that would go over the share lists that one shard and removes
// its expired entries and then those written longest ago, until the shard is
// at nine tenths of its share. Larder's own records and leases go when nothing
// else is left. Keys do not spread quite evenly, so a full store
// holds a little less than its bounds. An expired entry takes its room until it
// is culled or overwritten. Bytes are the lengths of the files, which are those
// of key and value and 44 more each; the file system rounds up to whole blocks,
// and the temporary file of a write comes on top.
//
// The first write of a Store to each shard lists it too, counts it again and
// removes the temporary files of processes that were killed, so what a crash or
// a power cut did to the tally does not last. No other write lists anything.
package filestore
