import { allCommands, type CommandShape, type Offer, wordsOf } from './command-shape.ts';

/** For PowerShell 5 and later. What is not offered here it completes as files. */
export function powershellScript(root: CommandShape): string {
  const commands = allCommands(root);
  const words = commands.map((command) => entry(command.at, wordsOf(command)));
  const options = commands.map(({ at, options: all }) =>
    entry(
      at,
      all.flatMap(({ names, description }) => names.map((word) => ({ word, description }))),
    ),
  );
  const values = commands.flatMap(({ at, options: all }) =>
    all.flatMap(({ names, value }) =>
      value === undefined ? [] : names.map((name) => `    ${quote(`${at} ${name}`)} = ${offered(value)}`),
    ),
  );
  return `# PowerShell completion of mcp-nostr. For this shell: mcp-nostr completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName mcp-nostr -ScriptBlock {
  param($current, $line, $cursor)
  $words = [ordered]@{
${words.join('\n')}
  }
  $options = [ordered]@{
${options.join('\n')}
  }
  $values = @{
${values.join('\n')}
  }
  $said = @($line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
  if ($said -contains '--') { return }
  $at = ''
  foreach ($word in $said) { if ($words.Contains("$at $word")) { $at = "$at $word" } }
  $previous = if ($said.Count -gt 0) { $said[-1] } else { '' }
  if ($values.ContainsKey("$at $previous")) { $found = $values["$at $previous"] }
  elseif ($current -like '-*') { $found = $options[$at] }
  else { $found = $words[$at] }
  $found | Where-Object { $_[0] -like "$current*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}

interface Word {
  word: string;
  description: string;
}

function entry(path: string, words: readonly Word[]): string {
  return `    ${quote(path)} = ${list(words)}`;
}

function offered(value: Offer): string {
  return value.kind === 'words' ? list(value.words.map((word) => ({ word, description: '' }))) : '@()';
}

function list(words: readonly Word[]): string {
  // An empty tooltip is an error there.
  const pairs = words.map(({ word, description }) => `,@(${quote(word)}, ${quote(description || word)})`);
  return `@(${pairs.join('; ')})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
