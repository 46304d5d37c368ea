// Package post sends JSON to services on the web that take messages, and says
// what became of it in the words of the SDK: whether another attempt may help,
// and when.
//
// It is for the bundled plugins that do no more than that. It follows no
// redirects, since what is sent is meant for one address, and none of its errors
// tells that address or a key: in webhooks the address is the key. It tries
// nothing twice; the host does.
package post
