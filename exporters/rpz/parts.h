#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/exporter.h"
#include "policy/digest.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::rpz {

// A list in several zones, its parts, so that whoever takes over a change of one name goes over a
// fraction of all. Since all parts have the same action, it doesn't matter which one a resolver
// finds first. Exporters of all versions agree on what is where:
//
// - Of n parts, the last quarter, rounded down but at least one, holds addresses (and URLs, of
//   which a zone enforces nothing); the others hold names. So no rule on addresses stands before
//   one on names: BIND would look a blocked name up first, `qname-wait-recurse no` or not, and
//   answer SERVFAIL if nobody answers (seen with 9.18.49).
// - Among those m parts, a line is in number h mod m, where h is the FNV-1a hash of 64 bits of
//   what follows the kind ("192.0.2.0/24"), or of a name's last two labels ("evil.example" of
//   "www.evil.example"). So a name is with all below it, and covers them there. Only a name of one
//   label is not, which leaves the zones with more rules than they need.
//
// All of it is pure, and PartLists not thread-safe.

// BIND has no more policy zones.
inline constexpr std::size_t parts_max = 64;

// "p3", from "p0" on: the first label of the part's zone.
std::string PartLabel(std::size_t part);

// The part that a canonical line of a list belongs to, from 0 to `parts` - 1.
std::size_t PartOf(std::string_view line, std::size_t parts);

using ListPtr = std::shared_ptr<const policy::ListSnapshot>;

// What becomes of one part, as a Change has it.
struct PartChange {
  ListPtr base;  // null when not known
  ListPtr list;
  policy::Delta delta;
};

// The parts of a list. Those of the list last given are kept, so that it and what follows it by a
// small delta cost no look at all lines. Of one part is the list itself, which must then live as
// long as what it is given for.
class PartLists {
 public:
  explicit PartLists(std::size_t parts) : parts_(parts) {}

  std::vector<ListPtr> Of(const policy::ListSnapshot& list);

  // In the order of the parts. `conflict` if the delta was not made for the base.
  policy::Result<std::vector<PartChange>> Of(const Change& change);

 private:
  struct Kept {
    policy::Sha256 digest;
    std::vector<ListPtr> lists;
  };

  std::size_t parts_;
  std::optional<Kept> kept_;
};

}  // namespace exporters::rpz
