#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace agent::feeds {

// What a document says beside its objects.
struct StixDocument {
  std::string type;         // "bundle"; empty for a TAXII envelope or a bare list
  std::string source;       // of a document that our TAXII client composed; else empty: the URL,
  std::string cursor;       // and the date up to which it is complete
  bool more = false;        // TAXII: another page follows,
  std::string next;         // and this is how to ask for it
  std::size_t objects = 0;  // how many there were
};

// Calls `visit` with each STIX object of a bundle, a TAXII envelope, a bare list of objects, or a
// single object, one after the other, so that the document takes the memory of one object only.
// Elements that are no objects, or lack a text as "type", are passed over.
//
// Fails with `malformed_input` if it is no JSON, nested deeper than 64, or nothing of the above.
policy::Result<StixDocument> ForEachStixObject(
    std::string_view text, const std::function<void(nlohmann::json& object)>& visit);

// The member `name` of an object if it is a text; else empty.
std::string StixText(const nlohmann::json& object, const char* name);

// Whether the member `name` is there and true.
bool StixFlag(const nlohmann::json& object, const char* name);

}  // namespace agent::feeds
