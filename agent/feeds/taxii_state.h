#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/feeds/stix_model.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// What is known of a TAXII collection's objects: the document that is kept between fetches, and
// what the pages of a fetch add to it.
class TaxiiState {
 public:
  explicit TaxiiState(std::string source) : source_(std::move(source)) {}

  // Takes the document over. One of another collection is as good as none.
  policy::Result<void> Load(std::string_view document);

  // The newest date that the server gave; empty at first.
  const std::string& cursor() const { return cursor_; }
  // `malformed_input` if it is no date. One that is older than the last is passed over.
  policy::Result<void> Advance(std::string_view date_added);

  // Takes an object of a page; of types that tell nothing of indicators it takes none.
  void Take(const nlohmann::json& object);

  // Drops what has been gone for long, by the server's own clock.
  void DropOld();

  bool changed() const { return changed_; }
  std::string Compose() const;

 private:
  struct Entry {
    StixVersionTime version;
    std::string text;
    std::optional<policy::TimePoint> gone_since;  // revoked or expired
    std::string about;                            // the indicator that a relationship speaks of
  };
  bool IsOld(const Entry& entry, policy::TimePoint limit) const;

  std::string source_;
  std::string cursor_;
  std::map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace agent::feeds
