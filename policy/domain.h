#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace policy {

// A host name in the one form in which two names are equal exactly if DNS treats them so: A-labels
// (IDNA 2008, RFC 5891, non-transitional UTS #46 mapping), lower case, no trailing dot, labels of 1
// to 63 octets, at most 253 in all. Underscores are allowed in labels, as DNS allows them and
// malware uses them. A name whose last label is numeric is refused: it would be read as an address
// (WHATWG URL, "ends in a number").
//
// A Domain can be a public suffix; whether blocking one is sane is the policy's question.
class Domain {
 public:
  static Result<Domain> Parse(std::string_view text);

  const std::string& name() const { return name_; }

  // Says whether this name is `ancestor` or below it.
  bool IsWithin(const Domain& ancestor) const;

  friend auto operator<=>(const Domain&, const Domain&) = default;

 private:
  explicit Domain(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

// The name without its first label; empty for a single label. Takes canonical text.
std::string_view ParentName(std::string_view name);

}  // namespace policy
