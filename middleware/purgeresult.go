package middleware

import (
	"encoding/json"
	"fmt"
)

// PurgeResult says what a purge did. As JSON it is what a [Policy.PurgeHandler] answers.
type PurgeResult struct {
	// URL is the URL that was purged, in normal form (RFC 3986, section 6.2.2), with the
	// name that the host has by [HostAliases].
	URL string `json:"purged"`

	// Prefix says that all under the URL was purged with it, and Soft that the pages
	// may still be served while they are refreshed.
	Prefix bool `json:"prefix"`
	Soft   bool `json:"soft"`

	// Keys are the keys in the alias's cache under which a page of the URL is, or the
	// index of its variants: of requests without and with credentials, and each of
	// those by the normal spelling of the URL and by others. There are none for a
	// prefix.
	Keys []string `json:"keys,omitempty"`

	// Entries is how many of Keys had something stored, just before the purge. The
	// variants of a page count as one; so do all spellings but the normal one. Zero
	// means that nothing was there to purge: the URL, KeyPrefix or alias may be
	// another than the page's, or the page had expired or was never asked for.
	Entries int `json:"entries"`

	// Counted says whether Entries is known. It is false for a prefix, whose pages no
	// store is asked to list; in JSON entries is null then.
	Counted bool `json:"-"`
}

// String says what was done in a line.
func (r PurgeResult) String() string {
	text := "purged " + r.URL
	if r.Prefix {
		text += " and all under it"
	}
	if r.Soft {
		text += ", softly"
	}
	switch {
	case !r.Counted:
		return text + ": entries not counted"
	case r.Entries == 0:
		return text + ": nothing was stored"
	case r.Entries == 1:
		return text + ": 1 entry"
	}
	return fmt.Sprintf("%s: %d entries", text, r.Entries)
}

// purgeReport is a PurgeResult as JSON.
type purgeReport struct {
	purgeMembers
	Entries *int `json:"entries"` // nil if not counted
}

type purgeMembers PurgeResult

// MarshalJSON implements [json.Marshaler].
func (r PurgeResult) MarshalJSON() ([]byte, error) {
	report := purgeReport{purgeMembers: purgeMembers(r)}
	if r.Counted {
		report.Entries = &r.Entries
	}
	return json.Marshal(report)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (r *PurgeResult) UnmarshalJSON(data []byte) error {
	var report purgeReport
	if err := json.Unmarshal(data, &report); err != nil {
		return err
	}
	*r = PurgeResult(report.purgeMembers)
	if r.Counted = report.Entries != nil; r.Counted {
		r.Entries = *report.Entries
	}
	return nil
}
