package command

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (m *program) completion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print what makes a shell complete commands, plans and tasks",
		Example: `  source <(billow completion bash)
  billow completion zsh > "${fpath[1]}/_billow"
  billow completion fish > ~/.config/fish/completions/billow.fish
  billow completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: []cobra.Completion{"bash", "zsh", "fish", "powershell"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one shell: bash, zsh, fish or powershell")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(m.Out, true)
			case "zsh":
				return root.GenZshCompletion(m.Out)
			case "fish":
				return root.GenFishCompletion(m.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(m.Out)
			}
			return usageError{fmt.Errorf("there is no completion for %q; bash, zsh, fish and powershell have one", args[0])}
		},
	}
}
