package codec

import "fmt"

// Raw encodes nothing: with it a cache holds only nil, integers, strings and
// byte slices, which need no codec, and every other value is ErrUnencodable.
// It is for programs that want to be sure that nothing is encoded behind their
// back.
var Raw Codec = rawCodec{}

type rawCodec struct{}

func (rawCodec) Name() string { return "raw" }
func (rawCodec) ID() byte     { return 3 }

func (rawCodec) Append(dst []byte, v any) ([]byte, error) {
	return dst, fmt.Errorf("%w: the raw codec stores nil, integers, strings and byte slices, not %T", ErrUnencodable, v)
}

func (rawCodec) Decode(_ []byte, dst any) error {
	return fmt.Errorf("%w: the raw codec has no encoded values to read into %T", ErrWrongType, dst)
}
