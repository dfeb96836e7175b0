// Package pages is a web site whose pages check themselves, and visitors who do
// the checking while somebody breaks the caches behind it. Each body says of
// which URL it is, for whom, and of which version, and is checked to its last
// byte. A visitor knows all three, and that a page which was purged cannot come
// back.
package pages
