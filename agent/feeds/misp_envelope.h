#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace agent::feeds {

// Parses JSON of MISP's, and keeps of it only what is read here: events carry pictures, samples and
// whole galaxies along. `malformed_input` if it is no JSON, or nested deeper than 64.
policy::Result<nlohmann::json> ParseMispJson(std::string_view bytes);

// "5c7cdc3b-2f40-4dca-8200-276c0a00020f". Nothing else becomes part of a URL or a key.
bool IsUuid(std::string_view text);

// What an event is about, in one line of at most 128 octets, with which a filter of the queue can
// name it: without `"`.
std::string TitleOf(const nlohmann::json& event);

// What VisitMisp finds; references are good during the call. `event` and `object` are those that
// the attribute is in, null where there is none.
class MispVisitor {
 public:
  virtual ~MispVisitor() = default;
  virtual void Attribute(const nlohmann::json& attribute, const nlohmann::json* event,
                         const nlohmann::json* object) = 0;
  virtual void Proposal() = 0;    // to change or add an attribute, which nobody has accepted
  virtual bool full() const = 0;  // wants no more
};

// Walks through any of the forms in which MISP gives events and attributes away: `{"response":
// ...}` or what would be in it; a list or one; `{"Event": {...}}`, a bare event, `{"Object":
// {...}}`, `{"Attribute": [...]}`, bare attributes. False if nothing of the kind is in it.
bool VisitMisp(const nlohmann::json& document, MispVisitor& visitor);

}  // namespace agent::feeds
