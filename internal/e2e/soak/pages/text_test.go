package pages

import (
	"strings"
	"testing"
)

func TestABodyIsReadByWhomItIsForOnly(t *testing.T) {
	ann := text{path: "/memory/user/1", whom: "ann", version: 7}
	whole := string(ann.body(long))
	for name, c := range map[string]struct {
		reader text
		body   string
		ok     bool
	}{
		"itself":          {reader: ann, body: whole, ok: true},
		"another version": {reader: ann, body: string(text{ann.path, ann.whom, 8}.body(long)), ok: true},
		"another's":       {reader: text{path: ann.path, whom: "bob"}, body: whole},
		"another page":    {reader: text{path: "/memory/user/2", whom: "ann"}, body: whole},
		"cut":             {reader: ann, body: whole[:len(whole)-1]},
		"longer":          {reader: ann, body: whole + "x"},
		"one byte":        {reader: ann, body: whole[:300] + strings.ToUpper(whole[300:330]) + whole[330:]},
		"made of two":     {reader: ann, body: whole[:300] + string(text{ann.path, ann.whom, 8}.body(long))[300:]},
		"empty":           {reader: ann},
	} {
		version, err := c.reader.read([]byte(c.body), long)
		if (err == nil) != c.ok || c.ok && version < ann.version {
			t.Errorf("%s: version %d, error %v", name, version, err)
		}
	}
}

func TestATagIsReadByWhomItIsForOnly(t *testing.T) {
	ann := text{path: "/memory/user/1", whom: "ann", version: 7}
	if version, err := ann.tagged(ann.tag()); version != 7 || err != nil {
		t.Error(version, err)
	}
	bob := text{path: ann.path, whom: "bob"}
	for _, tag := range []string{ann.tag(), "", `"7"`, "W/" + bob.tag()} {
		if version, err := bob.tagged(tag); err == nil {
			t.Errorf("%s is version %d of bob's", tag, version)
		}
	}
}

func TestAVersionThatWasPurgedIsNotRight(t *testing.T) {
	var p page
	p.version.Store(5)
	p.purged(3)
	p.purged(2) // overtaken by the other
	least := p.least()
	for version, ok := range map[int64]bool{2: false, 3: true, 5: true, 6: false} {
		if err := p.right(version, least); (err == nil) != ok {
			t.Errorf("version %d: %v", version, err)
		}
	}
}
