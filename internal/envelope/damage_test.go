package envelope_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/internal/envelope"
)

// read does what a reader of whole entries does.
func read(b []byte) error {
	_, err := parse(b)
	if err == nil || errors.Is(err, envelope.ErrReserved) {
		if damage := envelope.Verify(b); damage != nil {
			return damage
		}
	}
	return err
}

// A damaged entry must not be taken for one of a later release either: that would
// be left in place.
func isUnsound(b []byte) bool {
	err := read(b)
	return err != nil && !errors.Is(err, envelope.ErrReserved)
}

// Every change of one byte of an entry is found.
func TestEveryChangeOfOneByteIsFound(t *testing.T) {
	for _, whole := range [][]byte{
		entry,
		sealed(envelope.Header{Kind: envelope.KindNil}, ""),
		sealed(envelope.Header{Kind: envelope.KindEncoded, Codec: 1, Compression: 1, Type: 24, Length: 100, Expires: 1 << 40}, "compressed"),
	} {
		for i := range whole {
			for change := 1; change < 256; change++ {
				damaged := bytes.Clone(whole)
				damaged[i] ^= byte(change)
				if !isUnsound(damaged) {
					t.Fatalf("byte %d changed by %08b: %v", i, change, read(damaged))
				}
			}
		}
	}
}

// Every damage of an entry is found.
func TestEveryDamageIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := headers.Draw(t, "header")
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		h.Length = uint32(len(payload))
		whole := sealed(h, string(payload))
		damaged := bytes.Clone(whole)
		switch rapid.SampledFrom([]string{"run", "cut", "longer"}).Draw(t, "damage") {
		case "run":
			run := rapid.SliceOfN(rapid.Byte(), 1, len(whole)).Draw(t, "run")
			copy(damaged[rapid.IntRange(0, len(whole)-1).Draw(t, "at"):], run)
		case "cut":
			damaged = damaged[:rapid.IntRange(0, len(whole)-1).Draw(t, "length")]
		case "longer":
			damaged = append(damaged, rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "more")...)
		}
		if !bytes.Equal(damaged, whole) && !isUnsound(damaged) {
			t.Fatalf("%x is read as sound: %v", damaged, read(damaged))
		}
	})
}

// What a later release of this version may write: an entry with a section of
// its own, one of a kind without a payload, and a lease in another state.
func reservedEntries() map[string][]byte {
	flagged := sealed(envelope.Header{Kind: envelope.KindString, Length: 4}, "a section, and then data")
	flagged[7] |= 1 << 0
	envelope.Seal(flagged)
	later := envelope.Header{Kind: 7, Codec: 1, Type: 0x01020304, Length: 0x05000001}.Append(nil)
	envelope.Seal(later)
	state := envelope.Header{Kind: 5, Codec: 5}.Append(nil)
	envelope.Seal(state)
	return map[string][]byte{"flag": flagged, "kind": later, "state of a lease": state}
}

// An entry that only a later release can read is distinguished from a damaged one.
func TestAReservedEntryIsToldFromADamagedOne(t *testing.T) {
	for name, b := range reservedEntries() {
		t.Run(name, func(t *testing.T) {
			if err := read(b); !errors.Is(err, envelope.ErrReserved) {
				t.Errorf("%v, want ErrReserved", err)
			}
			if _, err := parseHead(b[:envelope.Size]); !errors.Is(err, envelope.ErrReserved) {
				t.Errorf("the head: %v, want ErrReserved", err)
			}
			for i := range b {
				damaged := bytes.Clone(b)
				damaged[i] ^= 1 << 4
				if !isUnsound(damaged) {
					t.Errorf("byte %d is damaged: %v", i, read(damaged))
				}
			}
		})
	}
}

// Each reserved flag and kind is left to later releases.
func TestEachReservedFlagAndKindIsLeftToLaterReleases(t *testing.T) {
	for bit := range 15 {
		if bit == 1 {
			continue // the flag of tags
		}
		b := bytes.Clone(entry)
		flags := binary.BigEndian.Uint16(b[6:])
		binary.BigEndian.PutUint16(b[6:], flags|1<<bit)
		envelope.Seal(b)
		if err := read(b); !errors.Is(err, envelope.ErrReserved) {
			t.Errorf("flag %d: %v, want ErrReserved", bit, err)
		}
	}
	for kind := envelope.KindInteger + 1; kind != 0; kind++ {
		if err := read(sealed(envelope.Header{Kind: kind, Length: 3}, "abc")); !errors.Is(err, envelope.ErrReserved) {
			t.Errorf("kind %d: %v, want ErrReserved", kind, err)
		}
	}
}
