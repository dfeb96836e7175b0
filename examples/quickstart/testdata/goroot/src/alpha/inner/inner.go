package inner

const X = 1
