// SPDX-License-Identifier: Apache-2.0

// Reads policies as operators do, by client-go's dynamic client and its discovery. Prints what came of it as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
)

type seen struct {
	Kinds     []string       `json:"kinds"`
	Spec      map[string]any `json:"spec"`
	Updated   map[string]any `json:"updated"`
	Namespace []string       `json:"namespace"`
	All       []string       `json:"all"`
	NotFound  bool           `json:"notFound"`
	Exists    bool           `json:"exists"`
	Watch     string         `json:"watch"`
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func names(list *unstructured.UnstructuredList) []string {
	found := []string{}
	for _, item := range list.Items {
		found = append(found, item.GetNamespace()+"/"+item.GetName())
	}
	return found
}

func main() {
	config := must(clientcmd.BuildConfigFromFlags("", os.Args[1]))
	everywhere := must(dynamic.NewForConfig(config)).Resource(schema.GroupVersionResource{Group: "appstudio.redhat.com", Version: "v1alpha1", Resource: "enterprisecontractpolicies"})
	client, now := everywhere.Namespace("acceptance"), context.Background()
	result := seen{}
	for _, resource := range must(must(discovery.NewDiscoveryClientForConfig(config)).ServerResourcesForGroupVersion("appstudio.redhat.com/v1alpha1")).APIResources {
		result.Kinds = append(result.Kinds, resource.Kind)
	}
	policy := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "appstudio.redhat.com/v1alpha1", "kind": "EnterpriseContractPolicy",
		"metadata": map[string]any{"name": "strict"}, "spec": map[string]any{"publicKey": "one"},
	}}
	must(client.Create(now, policy, metav1.CreateOptions{}))
	got := must(client.Get(now, "strict", metav1.GetOptions{}))
	result.Spec = got.DeepCopy().Object["spec"].(map[string]any)
	got.Object["spec"] = map[string]any{"publicKey": "two"}
	result.Updated = must(client.Update(now, got, metav1.UpdateOptions{})).Object["spec"].(map[string]any)
	result.Namespace = names(must(client.List(now, metav1.ListOptions{})))
	result.All = names(must(everywhere.List(now, metav1.ListOptions{})))
	_, err := client.Get(now, "nosuch", metav1.GetOptions{})
	result.NotFound = apierrors.IsNotFound(err)
	_, err = client.Create(now, policy, metav1.CreateOptions{})
	result.Exists = apierrors.IsAlreadyExists(err)
	// There is no watch: a client must be told so, and not be left waiting for events.
	if _, err = client.Watch(now, metav1.ListOptions{}); err != nil {
		result.Watch = string(apierrors.ReasonForError(err))
	}
	must(0, json.NewEncoder(os.Stdout).Encode(result))
}
