package cache_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The types of the rows. Those that are like a type of another module say so.
type (
	// UUID is like that of google/uuid, nullUUID like its NullUUID: null is written
	// as no bytes, which it cannot read.
	UUID     [16]byte
	nullUUID struct {
		UUID  UUID
		Valid bool
	}

	inner        struct{ ID int }
	Outer        struct{ ID int }
	unexportedIn struct {
		*inner
		Name string
	}
	valueIn struct {
		inner
		Name string
	}
	pointerIn struct {
		*Outer
		Name string
	}

	shape   interface{ Area() float64 }
	square  struct{ Side float64 }
	drawing struct {
		Title string
		Shape shape
	}
	outcomeOf struct {
		N   int
		Err error
	}
	hiddenError struct {
		error
		N int
	}
	reader struct {
		io.Reader
		N int
	}
	marshalling struct {
		json.Marshaler
		N int
	}

	// message is like a message of protobuf with a oneof.
	message struct {
		Name string
		Kind isKind
		size int32
	}
	isKind   interface{ isKind() }
	kindText struct{ Text string }
	// generated is like any message of protobuf.
	generated struct {
		Name          string
		unknownFields []byte
	}

	launch struct {
		time.Time
		Name string
	}
	launchOf struct {
		*time.Time
		Name string
	}
	entity struct {
		UUID
		Name string
	}
	stamp    struct{ time.Time }
	ownStamp struct {
		time.Time
		Name string
	}
	twoStamps struct {
		time.Time
		UUID
	}
	amount  struct{ *big.Int }
	invoice struct{ Total amount }
	bigIn   struct {
		big.Int
		Name string
	}
	account struct {
		Name string `json:"name"`
		Hash []byte `json:"-"`
	}
	accountWithTag struct {
		Name string `json:"name"`
		Hash []byte `json:"-" cbor:"hash"`
	}
	model     struct{ ID int }
	Model     struct{ ID int }
	shadowing struct {
		Model
		ID string
	}
	twins2 struct {
		Model
		Outer
	}
	onlyHidden struct{ cents int }
	someHidden struct {
		Name  string
		cache map[string]int
	}
	locked struct {
		sync.Mutex
		N int
	}
	counting struct {
		N atomic.Int64
		M int
	}
	embeddedHidden struct {
		onlyHidden
		N int
	}
	EmbeddedHidden struct{ cents int }
	embeddedBlind  struct {
		EmbeddedHidden
		N int
	}

	pair[K comparable, V any] struct {
		Key   K
		Value V
	}
	optional[T any] struct {
		Value *T
	}
	linked struct {
		N    int
		Next *linked
	}
	forest struct {
		Name  string
		Trees []forest
		ByKey map[string]*forest
	}
	level   int
	secret  string
	onlyOut struct{ N int }
	onlyIn  struct{ N int }
	picky2  struct{ N int }
	omitted struct {
		S []int           `json:",omitempty"`
		M map[string]int  `json:",omitempty"`
		P *int            `json:",omitempty"`
		R json.RawMessage `json:",omitempty"`
	}
	positional struct {
		_ struct{} `cbor:",toarray"`
		A int
		B string
	}
	hexKey string
	point3 struct{ X, Y int }
)

func (u UUID) MarshalText() ([]byte, error)   { return []byte(fmt.Sprintf("%x", u[:])), nil }
func (u *UUID) UnmarshalText(b []byte) error  { n, err := hex.Decode(u[:], b); _ = n; return err }
func (u UUID) MarshalBinary() ([]byte, error) { return u[:], nil }
func (u *UUID) UnmarshalBinary(b []byte) error {
	if len(b) != len(u) {
		return fmt.Errorf("%d bytes", len(b))
	}
	copy(u[:], b)
	return nil
}

func (n nullUUID) MarshalBinary() ([]byte, error) {
	if !n.Valid {
		return nil, nil
	}
	return n.UUID.MarshalBinary()
}

func (n *nullUUID) UnmarshalBinary(b []byte) error {
	n.Valid = true
	return n.UUID.UnmarshalBinary(b)
}

func (s square) Area() float64                   { return s.Side * s.Side }
func (kindText) isKind()                         {}
func (*generated) ProtoMessage()                 {}
func (l level) Area() float64                    { return float64(l) }
func (s secret) MarshalText() ([]byte, error)    { return []byte("***"), nil }
func (s secret) MarshalBinary() ([]byte, error)  { return []byte("***"), nil }
func (o onlyOut) MarshalJSON() ([]byte, error)   { return []byte(`"x"`), nil }
func (o onlyOut) MarshalBinary() ([]byte, error) { return []byte("x"), nil }
func (o *onlyIn) UnmarshalJSON(b []byte) error {
	var v struct{ N int }
	err := json.Unmarshal(b, &v)
	o.N = v.N
	return err
}
func (p picky2) MarshalText() ([]byte, error)   { return []byte(strings.Repeat("x", p.N)), nil }
func (p picky2) MarshalBinary() ([]byte, error) { return []byte(strings.Repeat("x", p.N)), nil }
func (p *picky2) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		panic("nothing to read")
	}
	p.N = len(b)
	return nil
}
func (p *picky2) UnmarshalBinary(b []byte) error { return p.UnmarshalText(b) }

func (o ownStamp) MarshalText() ([]byte, error) {
	return []byte(o.Format(time.RFC3339) + " " + o.Name), nil
}
func (o *ownStamp) UnmarshalText(b []byte) (err error) {
	at, name, _ := strings.Cut(string(b), " ")
	o.Name = name
	o.Time, err = time.Parse(time.RFC3339, at)
	return err
}
func (o ownStamp) MarshalBinary() ([]byte, error)  { return o.MarshalText() }
func (o *ownStamp) UnmarshalBinary(b []byte) error { return o.UnmarshalText(b) }
func (o ownStamp) MarshalJSON() ([]byte, error) {
	b, _ := o.MarshalText()
	return json.Marshal(string(b))
}
func (o *ownStamp) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	return o.UnmarshalText([]byte(s))
}
func (h hexKey) MarshalText() ([]byte, error) { return []byte(fmt.Sprintf("%x", string(h))), nil }
func (h *hexKey) UnmarshalText(b []byte) error {
	var text string
	_, err := fmt.Sscanf(string(b), "%x", &text)
	*h = hexKey(text)
	return err
}
