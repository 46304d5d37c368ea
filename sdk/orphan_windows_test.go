package sdk_test

// beHost is not needed: the test of an orphan passes an open file on, which
// Windows cannot.
func beHost(string) {}
