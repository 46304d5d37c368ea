package sdk

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

// BuildID identifies the build of the running executable: the revision it was
// built from, where Go recorded one, and the size and modification time of its
// file. Two processes of one file have the same; when the file was replaced
// between their starts, they differ. A host that starts itself again as a
// bundled plugin compares its own, taken when it started, with
// DescribeResponse.build_id. It is empty when the file cannot be looked at.
func BuildID() string {
	path, err := executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s-%x-%x", revision(), info.Size(), info.ModTime().UnixNano())
}

// executable is a path to the file of this process. On Linux it leads to the
// very file, even when another has taken its name.
func executable() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "unknown"
}
