import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A throwaway certificate for 127.0.0.1 that is its own authority, and its key; PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Make one with the `openssl` command; null where there is none. */
export function makeCertificate(): Certificate | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'hundred-cert-'));
  const keyPath = path.join(folder, 'key.pem');
  const certPath = path.join(folder, 'cert.pem');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    execFileSync('openssl', [...request, ...names, '-keyout', keyPath, '-out', certPath], { stdio: 'pipe' });
    return { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
