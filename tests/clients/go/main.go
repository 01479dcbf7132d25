// Command readers reads YAML the way Kubernetes tools do, for kgen's tests.
//
// Standard input is a JSON list of texts, standard output a JSON list of the same length: what
// sigs.k8s.io/yaml (kubectl, the API server, Argo CD) and kustomize's kyaml make of each, as JSON
// text, or their error.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

type reading struct {
	Sigs       string `json:"sigs"`
	SigsError  string `json:"sigsError,omitempty"`
	Kyaml      string `json:"kyaml"`
	KyamlError string `json:"kyamlError,omitempty"`
}

func read(text string) (r reading) {
	// Readers must not end the whole batch on a text that makes them panic.
	defer func() {
		if p := recover(); p != nil {
			r.KyamlError = fmt.Sprint("panic: ", p)
		}
	}()
	if j, err := yaml.YAMLToJSON([]byte(text)); err != nil {
		r.SigsError = err.Error()
	} else {
		r.Sigs = string(j)
	}
	node, err := kyaml.Parse(text)
	if err != nil {
		r.KyamlError = err.Error()
		return r
	}
	if j, err := node.MarshalJSON(); err != nil {
		r.KyamlError = err.Error()
	} else {
		r.Kyaml = string(j)
	}
	return r
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	readings := make([]reading, len(texts))
	for i, text := range texts {
		readings[i] = read(text)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(readings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
