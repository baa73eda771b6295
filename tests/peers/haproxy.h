#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "platform/subprocess.h"
#include "policy/result.h"

namespace peers {

// A real HAProxy on a free port of 127.0.0.1 with the rules that we ship, which answers 200 to what
// they let pass. Ends with the object.
class Haproxy {
 public:
  // `folder` is for its files and must exist; `maps` is the exporter's folder. Fails with
  // `not_found` if there is no HAProxy: the test should then skip.
  static policy::Result<std::unique_ptr<Haproxy>> Make(std::filesystem::path folder,
                                                       const std::filesystem::path& maps);

  // Returns once it answers.
  policy::Result<void> Start();
  void Stop() { process_.reset(); }

  const std::filesystem::path& program() const { return program_; }
  std::filesystem::path socket() const { return folder_ / "admin.sock"; }
  std::filesystem::path config() const { return folder_ / "haproxy.cfg"; }

  // Settings for the HAProxy exporter, as YAML.
  std::string ExporterSettings(const std::filesystem::path& maps) const;

  // What a client at `source`, an address of 127.0.0.0/8, gets for a request to `host`: the status,
  // or 0 if there is no answer.
  int Status(const std::string& host, const std::string& source = "127.0.0.1") const;

  // What its runtime API says to a command; empty if it doesn't answer.
  std::string Ask(const std::string& command) const;

 private:
  Haproxy(std::filesystem::path program, std::filesystem::path folder);
  policy::Result<void> WriteConfig(const std::filesystem::path& maps) const;

  std::filesystem::path program_;
  std::filesystem::path folder_;
  std::uint16_t port_;
  std::optional<platform::ChildProcess> process_;
};

}  // namespace peers
