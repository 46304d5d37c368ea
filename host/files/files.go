// Package files copies, moves and deletes files and makes directories for callers
// of the API, inside approved directories only.
//
// All access goes through os.Root, so that neither ".." nor a symbolic link leads
// out of them. A link that stays inside is followed, but one that is absolute is
// not, wherever it leads; a link to a directory inside a directory that is copied is
// refused, as it may lead in a circle. Moving takes no link, and deleting takes the
// link, not what it leads to.
//
// What is copied appears at once: it is written under another name beside its place
// (".butlerd-….tmp", which a host that dies may leave behind), and renamed.
//
// It knows nothing of HTTP, and decides nothing about who may ask.
package files

// Approved are the directories in which something may be done. All paths are
// absolute and clean. Empty: nothing of the kind is approved.
type Approved struct {
	Copy   []Pair
	Move   []Pair
	Delete []string
	// Create are the directories below which directories may be made.
	Create []string
	// QVD is the directory below which createdirqvd makes directories; empty: none.
	QVD string
}

// Pair is from where to where files may be brought. Subdirectories are included.
type Pair struct{ From, To string }

// Transfer is a file, or a directory with all that is in it, with the place that it
// is brought to. Neither may be an approved directory itself. Both are as Clean
// returns them.
type Transfer struct {
	From, To string
	// Overwrite puts files in the place of others. Without it, nothing may be there.
	Overwrite bool
	// PreserveTimestamp keeps the times of what is copied. What is moved keeps them
	// always.
	PreserveTimestamp bool
}
