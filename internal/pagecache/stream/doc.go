// Package stream carries the body of a response from the handler that writes it to the
// clients that have asked for it: one writer, many readers. A reader sees the body from its
// beginning, at its own pace, and holds the writer back only while nobody else is ahead.
// When the body grows beyond what may be stored, it becomes a window that slides along.
package stream
