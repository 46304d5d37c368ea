// Package qliksite is what the plugins for client-managed Qlik Sense have in
// common in their configuration: where the site is, as whom to call it, and the
// certificates it exports.
//
// It reads files, and checks and words settings. It sends nothing: each service of
// a site has a client of its own.
package qliksite
