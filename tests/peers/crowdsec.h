#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <ios>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

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

  // Has it block these addresses for a day.
  policy::Result<void> Import(const std::vector<std::string>& addresses) const;

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

// Debian's crowdsec-custom-bouncer, which has a program block. Ends with the object.
class CustomBouncer {
 public:
  struct Options {
    bool by_stdin = false;  // one program reads all decisions, rather than being called for each
    std::chrono::milliseconds asks_every{1000};
  };
  static policy::Result<std::unique_ptr<CustomBouncer>> Start(const std::filesystem::path& folder,
                                                              const std::string& url,
                                                              const std::string& key,
                                                              Options options);
  // The program is called for each, and the bouncer asks each second.
  static policy::Result<std::unique_ptr<CustomBouncer>> Start(const std::filesystem::path& folder,
                                                              const std::string& url,
                                                              const std::string& key) {
    return Start(folder, url, key, {});
  }

  // What the program was called with, a line each: "add 192.0.2.1 3600 sekisho {...}".
  std::string Calls() const;

  // Whether the program is to block an address now. Only with `by_stdin`.
  bool Blocks(const std::string& address);

 private:
  CustomBouncer(platform::ChildProcess process, std::filesystem::path calls)
      : process_(std::move(process)), calls_(std::move(calls)) {}
  platform::ChildProcess process_;
  std::filesystem::path calls_;
  std::streamoff read_ = 0;  // of the calls' file
  std::unordered_set<std::string> blocked_;
};

}  // namespace peers
