#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "platform/subprocess.h"
#include "tests/platform/temporary_folder.h"

namespace peers {

// A real BIND of the test's own on loopback and free ports: primary of the dynamic zone "rpz.test",
// and the resolver that enforces it. It needs no Internet, since it is the root as well: every name
// has the address 198.51.100.9, but
//   v4.answer.test, v6.answer.test   have 192.0.2.1 and 2001:db8::1, for triggers on addresses.
class Named {
 public:
  // Null if there is no BIND on this machine: the test should then skip. Throws if it won't start.
  static std::unique_ptr<Named> Start();
  static constexpr const char* zone = "rpz.test";
  ~Named();

  std::uint16_t port() const { return port_; }
  std::filesystem::path zone_file() const { return folder_ / "rpz.test.zone"; }
  std::filesystem::path key_file() const { return folder_ / "key.conf"; }
  std::filesystem::path folder() const { return folder_.path(); }

  // Settings for the RPZ exporter, as YAML. `more` is appended.
  std::string ExporterSettings(const std::string& more = "") const;

  void Kill();     // as a crash does
  void Restart();  // Kill, if it runs, and start again with what is on disk

  // The status that it answers, "NOERROR", or nothing at all.
  std::string Status(const std::string& name, const std::string& type = "A") const;
  std::string Short(const std::string& name, const std::string& type) const;  // dig +short
  // nsupdate's commands, signed; whether the server took them.
  bool Update(const std::string& commands) const;
  std::string Rndc() const;  // the program and its arguments but the command, for a shell
  std::string Log() const;

 private:
  Named(std::filesystem::path program, std::uint16_t port, std::uint16_t control_port);
  void WriteFiles();
  void Launch();
  bool Answers() const;
  std::string Dig(const std::vector<std::string>& arguments) const;

  platform::testing::TemporaryFolder folder_;
  std::filesystem::path program_;
  std::uint16_t port_;
  std::uint16_t control_port_;
  std::optional<platform::ChildProcess> process_;
};

}  // namespace peers
