package actionv1_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

func TestGeneratedCodeIsMadeFromTheContract(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("action.proto")
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile("action.proto.sha256")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(contract)
	if got, want := hex.EncodeToString(sum[:]), strings.TrimSpace(string(recorded)); got != want {
		t.Errorf("action.proto was changed without generating its code again (hash %s, recorded %s);\n"+
			"with protoc, protoc-gen-go and protoc-gen-go-grpc in PATH run: go generate ./sdk/proto/...", got, want)
	}
}
