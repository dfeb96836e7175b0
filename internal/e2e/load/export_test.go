package load

// MakeValue returns the seq-th value of key, of the default length.
func MakeValue(key string, seq int) []byte {
	return makeValue(key, seq, Options{}.withDefaults().ValueSize)
}
