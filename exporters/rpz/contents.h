#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporters/rpz/name_tree.h"
#include "exporters/rpz/zone.h"
#include "policy/digest.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::rpz {

// Owner names, relative to the zone, whose records come or go.
struct OwnerChange {
  std::vector<std::string> added;
  std::vector<std::string> removed;
};

// What the zone of one list holds, kept up to date by deltas, so that a change of one name among a
// million does not cost a million. Its numbers are those of RenderZone. Not thread-safe.
class Contents {
 public:
  static policy::Result<Contents> Of(const policy::ListSnapshot& list, const ZoneParameters& zone);

  // Goes on to `list`, which `delta` must lead to from the list before. After a failure
  // (`malformed_input`: a line is not canonical) it still holds the list before.
  policy::Result<OwnerChange> Apply(const policy::Delta& delta, const policy::ListSnapshot& list);

  const policy::Sha256& digest() const { return digest_; }
  std::uint64_t enforced() const { return names_.zone_size() + prefixes_; }
  std::uint64_t not_enforceable() const { return not_enforceable_; }

 private:
  Contents(NameTree names, ZoneParameters zone)
      : names_(std::move(names)), zone_(std::move(zone)) {}

  NameTree names_;
  ZoneParameters zone_;
  policy::Sha256 digest_{};
  std::uint64_t prefixes_ = 0;
  std::uint64_t not_enforceable_ = 0;
};

}  // namespace exporters::rpz
