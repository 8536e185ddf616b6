package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/keyring"
)

// keySet is a JSON Web Key Set (RFC 7517) of public keys.
type keySet struct {
	Keys []publicKey `json:"keys"`
}

type publicKey struct {
	KeyType   string `json:"kty" example:"OKP"`
	Curve     string `json:"crv" example:"Ed25519"`
	Algorithm string `json:"alg" example:"EdDSA"`
	Use       string `json:"use" example:"sig"`
	KeyID     string `json:"kid" doc:"What the header kid of a token says."`
	X         string `json:"x" doc:"The public key in base64url."`
}

type keySetOutput struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         keySet
}

// RegisterKeys adds the public keys of a ring, at the root; nil: there is none.
func RegisterKeys(api *httpserver.API, ring *keyring.Ring) {
	httpserver.Register(api.Root(), httpserver.Operation{
		ID: "list-signing-keys", Method: "GET", Path: "/.well-known/jwks.json", Tag: tagAuth, Public: true,
		Summary: "List the public keys of tokens",
		Description: "A JSON Web Key Set. A new key is in it a minute before it signs, so it may be kept for half a minute. " +
			"It is empty where tokens are signed with a secret.",
	}, func(context.Context, *struct{}) (*keySetOutput, error) {
		out := &keySetOutput{CacheControl: cacheKeys, Body: keySet{Keys: []publicKey{}}}
		if ring == nil {
			return out, nil
		}
		for _, k := range ring.PublicKeys() {
			out.Body.Keys = append(out.Body.Keys, publicKey{
				KeyType: k.Type, Curve: k.Curve, Algorithm: k.Algorithm, Use: k.Use, KeyID: k.ID, X: k.X,
			})
		}
		return out, nil
	})
}

// cacheKeys lets everybody keep the set, but not for as long as a key is published before it signs.
const cacheKeys = "public, max-age=30"
