#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "platform/subprocess.h"
#include "tests/platform/temporary_folder.h"

namespace peers {

void WriteText(const std::filesystem::path& path, const std::string& text);

// The path of a program that the tests cannot go on without; throws if it is missing.
std::string RequirePeer(const std::string& name);

// A real name server of the test's own, in a folder of its own, on a free port of 127.0.0.1. What
// derives from it writes the configuration, then calls Launch.
class DnsServer {
 public:
  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::filesystem::path folder() const { return folder_.path(); }
  pid_t pid() const { return process_->pid(); }  // while it runs

  void Kill();     // as a crash does
  void Restart();  // Kill, if it runs, and start again with what is on disk

  // The status that it answers, "NOERROR", or nothing at all.
  std::string Status(const std::string& name, const std::string& type = "A") const;
  std::string Short(const std::string& name, const std::string& type) const;  // dig +short
  // All of an answer over UDP for the name's address, asked from `source`: "NXDOMAIN", "NOERROR
  // TC", "NOERROR CNAME block.example. A 192.0.2.80"; empty if none comes.
  std::string Answer(const std::string& name, const std::string& source = "127.0.0.1") const;
  std::string Log() const;

 protected:
  explicit DnsServer(std::uint16_t port) : port_(port) {}
  ~DnsServer() { Kill(); }

  // Starts `argv` and returns once it answers for "ns."; throws if it ends before that.
  void Launch(std::vector<std::string> argv);

  platform::testing::TemporaryFolder folder_;

 private:
  bool Answers() const;
  std::string Dig(const std::vector<std::string>& arguments) const;

  std::uint16_t port_;
  std::vector<std::string> argv_;
  std::optional<platform::ChildProcess> process_;
};

// One that secondaries can follow.
class DnsPrimary : public DnsServer {
 public:
  static constexpr const char* key_secret = "c2VraXNobyB0ZXN0IGtleSwgbm90IGEgc2VjcmV0ISE=";

  virtual ~DnsPrimary() = default;

  // Its policy zones: "rpz.test", or "p0.rpz.test", "p1.rpz.test"... where a list is in parts.
  const std::vector<std::string>& policy_zones() const { return policy_zones_; }

  // The TSIG key "sekisho", as BIND has it.
  std::filesystem::path key_file() const { return folder_ / "key.conf"; }

  // From now on tells this server of each change, signed or not.
  virtual void Notify(const DnsServer& secondary, bool with_key) = 0;

 protected:
  DnsPrimary(std::uint16_t port, std::size_t parts);

 private:
  std::vector<std::string> policy_zones_;
};

}  // namespace peers
