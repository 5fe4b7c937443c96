package main

import "strings"

// allowed holds the names of OPA's functions that a policy may call; buildx v0.36.1 has the same list.
var allowed = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(allowedNames) {
		set[name] = true
	}
	return set
}()

const allowedNames = `
abs all and any array.concat array.flatten array.reverse array.slice assign base64.decode
base64.encode base64.is_valid base64url.decode base64url.encode base64url.encode_no_pad bits.and
bits.lsh bits.negate bits.or bits.rsh bits.xor cast_array cast_boolean cast_null cast_object
cast_set cast_string ceil concat contains count div endswith eq equal floor format_int
glob.match glob.quote_meta gt gte hex.decode hex.encode indexof indexof_n internal.member_2
internal.member_3 internal.print internal.template_string intersection is_array is_boolean
is_null is_number is_object is_set is_string json.filter json.is_valid json.marshal
json.marshal_with_options json.patch json.remove json.unmarshal lower lt lte max min minus mul
neq numbers.range numbers.range_step object.filter object.get object.keys object.remove
object.subset object.union object.union_n or plus print product rand.intn re_match
regex.find_all_string_submatch_n regex.find_n regex.globs_match regex.is_valid regex.match
regex.replace regex.split regex.template_match rem replace round semver.compare semver.is_valid
set_diff sort split sprintf startswith strings.any_prefix_match strings.any_suffix_match
strings.count strings.render_template strings.replace_n strings.reverse substring sum
time.add_date time.clock time.date time.diff time.format time.now_ns time.parse_duration_ns
time.parse_ns time.parse_rfc3339_ns time.weekday to_number trim trim_left trim_prefix trim_right
trim_space trim_suffix type_name union units.parse units.parse_bytes upper urlquery.decode
urlquery.decode_object urlquery.encode urlquery.encode_object uuid.parse uuid.rfc4122
yaml.is_valid yaml.marshal yaml.unmarshal
`
