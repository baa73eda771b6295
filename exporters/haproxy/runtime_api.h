#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/result.h"

namespace exporters::haproxy {

// What HAProxy has in memory of one map, through its runtime API (management guide, 9.3): a UNIX
// socket of `level admin`. One connection for each command, as HAProxy expects it.
//
// All fail with `unavailable` if HAProxy doesn't answer and with `malformed_input` if it refuses; a
// map that its configuration doesn't use is refused, too. Keys have to be free of white space.
class RuntimeMap {
 public:
  RuntimeMap(std::filesystem::path socket, std::filesystem::path map,
             std::chrono::milliseconds timeout)
      : socket_(std::move(socket)), map_(std::move(map)), timeout_(timeout) {}

  // Puts these keys in place of all that the map holds, at one instant; a failure leaves the old.
  policy::Result<void> Replace(const std::vector<std::string>& keys) const;

  // One key, at once. A key that is there already would be there twice.
  policy::Result<void> Add(const std::string& key) const;
  policy::Result<void> Remove(const std::string& key) const;  // refused if it isn't there

  // Whether a look-up of HAProxy's own finds something for `key`.
  policy::Result<bool> Finds(const std::string& key) const;
  policy::Result<std::uint64_t> Size() const;
  // Sorted bytewise.
  policy::Result<std::vector<std::string>> Keys() const;

 private:
  policy::Result<std::string> Ask(const std::string& command) const;
  policy::Result<void> Tell(const std::string& command) const;

  std::filesystem::path socket_;
  std::filesystem::path map_;
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::haproxy
