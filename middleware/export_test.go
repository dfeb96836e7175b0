package middleware

// SetGenerations has f make the random part of the keys of variants until restore is
// called.
func SetGenerations(f func() string) (restore func()) {
	before := newGeneration
	newGeneration = f
	return func() { newGeneration = before }
}
