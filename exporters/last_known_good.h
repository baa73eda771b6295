#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "exporters/held_list.h"
#include "policy/result.h"

namespace exporters {

// The list that a device was last proven to enforce, on disk (docs/protocol.md has the format).
//
// A new list goes through three steps: StoreNext, then the device applies it, then Promote. Each
// file is written whole or not at all, so that after a crash at any instant both are whole, and
// the device says which of them it enforces. Not thread-safe; one for each device.
class LastKnownGood {
 public:
  // `folder` exists and is the device's own. `size_max` bounds what is read back, in bytes.
  LastKnownGood(std::filesystem::path folder, std::size_t size_max)
      : folder_(std::move(folder)), size_max_(size_max) {}

  // Nothing if there is none. `corrupt` if the file is not what was written; it is then moved
  // aside, to a name with ".corrupt", so that a person can look at it.
  policy::Result<std::optional<HeldList>> LoadGood();
  // What was being applied when the exporter stopped, likewise.
  policy::Result<std::optional<HeldList>> LoadNext();

  // On failure the former files are as they were.
  policy::Result<void> StoreNext(const HeldList& held);
  // Makes the next one the good one. On failure both stay.
  policy::Result<void> Promote();
  void DropNext();

  // For people: what the device has no room for, one line each. Empty: nothing.
  policy::Result<void> StoreLeftOut(const std::string& lines);
  std::filesystem::path left_out_path() const { return folder_ / "left_out.list"; }

 private:
  policy::Result<std::optional<HeldList>> Load(const std::string& name);

  std::filesystem::path folder_;
  std::size_t size_max_;
};

// The file's text, and back. Reading fails with `corrupt`.
std::string WriteHeldList(const HeldList& held);
policy::Result<HeldList> ReadHeldList(std::string_view text);

}  // namespace exporters
