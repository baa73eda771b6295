#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "platform/subprocess.h"
#include "policy/result.h"

namespace peers {

// Debian's CrowdSec with its local API on a free port of 127.0.0.1, an SQLite database of its own
// and nothing else: no central API, no parsers. Ends with the object.
class CrowdsecLapi {
 public:
  // Returns once it answers. `folder` is for its files and must exist. `not_found` if there is no
  // CrowdSec: the test should then skip.
  static policy::Result<std::unique_ptr<CrowdsecLapi>> Start(std::filesystem::path folder);

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  const std::string& key() const { return key_; }  // of a bouncer that it knows

  // Runs cscli, such as "decisions add --ip 192.0.2.1 --duration 4h"; gives what it says.
  policy::Result<std::string> Cscli(const std::string& arguments) const;

 private:
  CrowdsecLapi(std::filesystem::path folder, std::uint16_t port)
      : folder_(std::move(folder)), port_(port) {}
  policy::Result<void> WriteConfig() const;
  policy::Result<void> Begin();

  std::filesystem::path folder_;
  std::uint16_t port_;
  std::string key_ = "a-key-of-a-bouncer-of-the-test";
  std::optional<platform::ChildProcess> process_;
};

// Debian's crowdsec-firewall-bouncer, in the network namespace of the thread that starts it. It
// asks each second. Ends with the object, orderly, and takes its rules along.
class FirewallBouncer {
 public:
  enum class Mode { nftables, iptables };
  // Returns as soon as it runs, which is before it has asked for the first time.
  static policy::Result<std::unique_ptr<FirewallBouncer>> Start(const std::filesystem::path& folder,
                                                                Mode mode, const std::string& url,
                                                                const std::string& key);
  ~FirewallBouncer();

  bool Running() { return process_.Running(); }
  std::string Log() const;

 private:
  FirewallBouncer(platform::ChildProcess process, std::filesystem::path log)
      : process_(std::move(process)), log_(std::move(log)) {}
  platform::ChildProcess process_;
  std::filesystem::path log_;
};

// Debian's crowdsec-custom-bouncer, which calls a program for each decision. It asks each second.
class CustomBouncer {
 public:
  static policy::Result<std::unique_ptr<CustomBouncer>> Start(const std::filesystem::path& folder,
                                                              const std::string& url,
                                                              const std::string& key);

  // What the program was called with, a line each: "add 192.0.2.1 3600 sekisho {...}".
  std::string Calls() const;

 private:
  CustomBouncer(platform::ChildProcess process, std::filesystem::path calls)
      : process_(std::move(process)), calls_(std::move(calls)) {}
  platform::ChildProcess process_;
  std::filesystem::path calls_;
};

}  // namespace peers
