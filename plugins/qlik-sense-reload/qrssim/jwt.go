package qrssim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// algorithm is the only one for tokens: RSA with SHA-256.
const algorithm = "RS256"

// errToken reports a token that is not accepted. The reason is nobody's business.
var errToken = errors.New("the token is not valid")

// claims are what Qlik Sense wants of a token by default.
type claims struct {
	UserID        string `json:"userId"`
	UserDirectory string `json:"userDirectory"`
	ExpiresAt     int64  `json:"exp,omitempty"` // seconds since 1970
	NotBefore     int64  `json:"nbf,omitempty"`
}

type jwtHeader struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
}

// SignJWT makes a token for a virtual proxy with the JWTKey that belongs to key.
// A zero expiresAt makes one that does not expire.
func SignJWT(key *rsa.PrivateKey, directory, user string, expiresAt time.Time) (string, error) {
	c := claims{UserID: user, UserDirectory: directory}
	if !expiresAt.IsZero() {
		c.ExpiresAt = expiresAt.Unix()
	}
	return signToken(key, jwtHeader{Algorithm: algorithm, Type: "JWT"}, c)
}

func signToken(key *rsa.PrivateKey, header jwtHeader, c claims) (string, error) {
	signed := segment(header) + "." + segment(c)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func segment(value any) string { return base64.RawURLEncoding.EncodeToString(encode(value)) }

// verifyJWT gives the user of a token. The signature is checked before anything
// in the token is believed, the algorithm included: there is only one.
func verifyJWT(key *rsa.PublicKey, token string) (proxyUser, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return proxyUser{}, errToken
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return proxyUser{}, errToken
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return proxyUser{}, errToken
	}
	var header jwtHeader
	var c claims
	if !decodeSegment(parts[0], &header) || header.Algorithm != algorithm || !decodeSegment(parts[1], &c) {
		return proxyUser{}, errToken
	}
	now := time.Now().Unix()
	if c.UserID == "" || c.UserDirectory == "" || c.ExpiresAt != 0 && now >= c.ExpiresAt || now < c.NotBefore {
		return proxyUser{}, errToken
	}
	return proxyUser{directory: c.UserDirectory, id: c.UserID}, nil
}

func decodeSegment(text string, into any) bool {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(plain, into) == nil
}
