// Package report makes what people read of what was measured: the table on the
// terminal, and a page of Markdown with its plots.
package report
