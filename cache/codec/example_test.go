package codec_test

import (
	"errors"
	"fmt"

	"github.com/larder-go/larder/cache/codec"
)

type article struct {
	Title string
	Views uint64
}

func ExampleCBOR() {
	data, err := codec.CBOR.Append(nil, article{Title: "Larders", Views: 1 << 60})
	if err != nil {
		fmt.Println(err)
		return
	}
	var a article
	fmt.Println(codec.CBOR.Decode(data, &a), a.Title, a.Views)

	// A value of another type is told from corrupt data.
	var list []string
	fmt.Println(errors.Is(codec.CBOR.Decode(data, &list), codec.ErrWrongType))
	fmt.Println(errors.Is(codec.CBOR.Decode(data[:5], &a), codec.ErrMalformed))
	// Output:
	// <nil> Larders 1152921504606846976
	// true
	// true
}

func ExampleJSON() {
	data, err := codec.JSON.Append(nil, article{Title: "Larders", Views: 3})
	fmt.Println(string(data), err)
	// Output: {"Title":"Larders","Views":3} <nil>
}

func ExampleRaw() {
	_, err := codec.Raw.Append(nil, article{})
	fmt.Println(err)
	// Output: value cannot be encoded: the raw codec stores nil, integers, strings and byte slices, not codec_test.article
}

func ExampleByName() {
	c, err := codec.ByName("json")
	fmt.Println(c.Name(), err)
	_, err = codec.ByName("gob")
	fmt.Println(err)
	// Output:
	// json <nil>
	// unknown codec "gob": the codecs are cbor, json and raw
}

func ExampleCompressionByName() {
	c, err := codec.CompressionByName("zstd")
	if err != nil {
		fmt.Println(err)
		return
	}
	value := make([]byte, 10_000)
	packed := c.Compress(nil, value)
	fmt.Println(len(packed) < 100)

	// The size is stored beside the data; any other is refused.
	back, err := c.Decompress(packed, len(value))
	fmt.Println(len(back), err)
	_, err = c.Decompress(packed, 100)
	fmt.Println(errors.Is(err, codec.ErrMalformed))
	// Output:
	// true
	// 10000 <nil>
	// true
}
