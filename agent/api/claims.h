#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/result.h"
#include "policy/time.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

inline constexpr std::chrono::minutes claim_lifetime{10};

struct ClaimLimits {
  std::size_t of_one_person = 200;
  std::size_t of_all = 5000;
  std::size_t ended_known = 5000;  // before who asks rarely has to be told all of them
};

// Who is at which proposals, by their own word. It binds nobody, is in memory only, and is over
// after `claim_lifetime` unless it was said again. Every change has a number, so that others are
// told what changed and no more. Any thread.
class Claims {
 public:
  struct Claim {
    std::int64_t id = 0;
    std::string name;
    policy::TimePoint until;
  };

  explicit Claims(ClaimLimits limits = {}) : limits_(limits) {}

  const ClaimLimits& limits() const { return limits_; }

  // Makes `ids`, at most `of_one_person`, what that person is at, and nothing else, but for what
  // others have: that is returned. `exhausted`, with nothing changed, if there would be too many of
  // all.
  policy::Result<std::vector<Claim>> Set(const std::string& name,
                                         const std::vector<std::int64_t>& ids,
                                         policy::TimePoint now);
  // Of those, what that person has is free again.
  void Release(const std::string& name, const std::vector<std::int64_t>& ids,
               policy::TimePoint now);
  void ReleaseAll(const std::string& name, policy::TimePoint now);

  std::optional<Claim> Find(std::int64_t id, policy::TimePoint now);
  std::vector<Claim> All(policy::TimePoint now);

  // The number of the newest change; that of an agent started later is larger.
  std::uint64_t version(policy::TimePoint now);
  // What changed after `version`, as `reader` has to see it, who is told of others only.
  sekisho::v1::ClaimChanges Since(std::uint64_t version, const std::string& reader,
                                  policy::TimePoint now);

 private:
  struct Entry {
    std::string name;
    policy::TimePoint until;
    std::uint64_t version;
  };
  using Entries = std::unordered_map<std::int64_t, Entry>;

  void Forget(policy::TimePoint now);
  void Put(const std::string& name, std::int64_t id, policy::TimePoint now);
  void End(Entries::iterator entry);

  const ClaimLimits limits_;
  std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string, std::set<std::int64_t>> of_person_;
  std::map<std::uint64_t, std::int64_t> set_;    // by version, and so by the time of their end
  std::map<std::uint64_t, std::int64_t> ended_;  // the newest
  std::uint64_t version_ = 0;
  std::uint64_t forgotten_ = 0;  // what ended until then is not known any more
};

sekisho::v1::Claim ToMessage(const Claims::Claim& claim);

}  // namespace agent::api
