package neighbours

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

type row struct {
	ID     uuid.UUID
	Parent uuid.NullUUID
}

type entity struct {
	uuid.UUID
	Name string
}

// Values of types that others define come back whole, or Set says why not.
func TestValuesOfOtherModulesComeBackOrAreRefused(t *testing.T) {
	id := uuid.MustParse("8f14e45f-ceea-467f-a0e6-3b0d5a2c1e4b")
	text, err := structpb.NewValue("a")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		value      any
		cbor, json string // a part of the reason, or "" if it comes back
	}{
		"id":                   {id, "", ""},
		"row":                  {row{id, uuid.NullUUID{UUID: id, Valid: true}}, "", ""},
		"row with a null":      {row{ID: id}, "Parent: uuid.NullUUID cannot read what it writes", ""},
		"keys":                 {map[uuid.UUID]int{id: 1}, "", ""},
		"embedded id":          {entity{id, "a"}, "leave out its field Name", "leave out its field Name"},
		"message with a oneof": {text, "proto.Marshal", ""}, // it has methods for JSON,
		"message":              {durationpb.New(time.Minute), "proto.Marshal", "proto.Marshal"},
	} {
		for by, refusal := range map[codec.Codec]string{codec.CBOR: test.cbor, codec.JSON: test.json} {
			t.Run(name+"/"+by.Name(), func(t *testing.T) { setAndGet(t, by, test.value, refusal) })
		}
	}
}

func setAndGet(t *testing.T, by codec.Codec, value any, refusal string) {
	t.Helper()
	h, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory", Codec: by}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Shutdown(t.Context())
	c := h.Proxy("default")
	err = c.Set(t.Context(), "k", value)
	if refusal != "" {
		if !errors.Is(err, cache.ErrUnencodable) || !strings.Contains(err.Error(), refusal) {
			t.Errorf("Set: %v, want ErrUnencodable with %q", err, refusal)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var equal bool
	switch value := value.(type) {
	case uuid.UUID:
		equal = readBack(t, c, value)
	case row:
		equal = readBack(t, c, value)
	case map[uuid.UUID]int:
		got, _, err := cache.For[map[uuid.UUID]int](c).Get(t.Context(), "k")
		equal = err == nil && len(got) == len(value)
		for id, n := range value {
			equal = equal && got[id] == n
		}
	case *structpb.Value:
		got, _, err := cache.For[*structpb.Value](c).Get(t.Context(), "k")
		equal = err == nil && proto.Equal(value, got)
	}
	if !equal {
		t.Errorf("%v does not come back", value)
	}
}

func readBack[T comparable](t *testing.T, c cache.Cache, value T) bool {
	t.Helper()
	got, found, err := cache.For[T](c).Get(t.Context(), "k")
	return got == value && found && err == nil
}
