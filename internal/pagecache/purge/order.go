package purge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Order is what is to be purged, and how.
type Order struct {
	Target       policy.Target
	Prefix, Soft bool
}

func (o *Order) FromJSON(body []byte) (page string, err error) {
	var order struct {
		URL          string
		Prefix, Soft bool
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&order)
	if err == nil && decoder.Decode(new(any)) != io.EOF {
		err = errors.New("there is something after it")
	}
	if err != nil {
		return "", fmt.Errorf(`the body has to be {"url": "https://...", "prefix": false, "soft": false}, with nothing else: %w`, err)
	}
	o.Prefix, o.Soft = order.Prefix, order.Soft
	return order.URL, nil
}

func (o *Order) FromForm(body []byte) (page string, err error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", fmt.Errorf("the form is malformed: %w", err)
	}
	for name, values := range form {
		if len(values) != 1 {
			return "", fmt.Errorf("the field %q of the form is there more than once", name)
		}
		switch name {
		case "url":
			page = values[0]
		case "prefix":
			o.Prefix, err = strconv.ParseBool(values[0])
		case "soft":
			o.Soft, err = strconv.ParseBool(values[0])
		default:
			return "", fmt.Errorf("the form has a field %q; it may have url, prefix and soft", name)
		}
		if err != nil {
			return "", fmt.Errorf("%s is %q; it has to be true or false", name, values[0])
		}
	}
	return page, nil
}
