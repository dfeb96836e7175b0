package beta

const X = 1
