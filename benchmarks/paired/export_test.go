package paired

// CompareBy is Compare by another clock.
var CompareBy = compare
