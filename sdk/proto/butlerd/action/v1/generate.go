// Package actionv1 is the wire contract butlerd.action.v1, generated from
// action.proto. Plugins in Go use package sdk instead; nothing but sdk and the
// host needs these types.
package actionv1

// The hash stands beside the contract, so that a test can tell without protoc
// whether the generated code was made from it.
//
//go:generate sh -c "cd ../../.. && protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative butlerd/action/v1/action.proto && cd butlerd/action/v1 && sha256sum action.proto | cut -d' ' -f1 > action.proto.sha256"
